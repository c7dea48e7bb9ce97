package io.gantry.pod.runtime;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A runtime handler as configured ({@code [runtime.handlers.NAME]}).
 *
 * @param path the OCI runtime's program: a path, or a name looked up in PATH
 * @param root directory in which the runtime keeps the state of its containers
 * @param baseSpec file with the specification that containers of this handler start from, or null
 */
public record HandlerConfig(
        String path, String root, @Nullable Path baseSpec) {
    public HandlerConfig {
        if (path.isEmpty() || root.isEmpty()) {
            throw new IllegalArgumentException("path or root of a runtime handler is empty");
        }
    }
}
