package io.gantry.pod.runtime;

import io.gantry.platform.linux.Fd;
import org.jspecify.annotations.Nullable;

/**
 * A command whose terminal the runtime has handed over.
 *
 * @param terminal the master of its pty, null when the runtime ended before it had one
 */
public record ConsoleExec(ExecSession session, @Nullable Fd terminal) {}
