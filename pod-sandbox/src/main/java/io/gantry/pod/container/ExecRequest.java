package io.gantry.pod.container;

import java.util.List;

/**
 * A command to run in a container with streams.
 *
 * @param command program and arguments
 * @param tty whether it gets a terminal, which carries both outputs
 * @param stdin whether input is given to it; without, it reads end of file at once
 * @param stdout whether its output is wanted; without, it is dropped
 * @param stderr the same for its errors; must be false with a terminal
 */
public record ExecRequest(List<String> command, boolean tty, boolean stdin, boolean stdout, boolean stderr) {
    public ExecRequest {
        command = List.copyOf(command);
        if (tty && stderr) {
            throw new IllegalArgumentException("a terminal has no separate standard error");
        }
    }
}
