package io.gantry.pod.runtime;

import io.gantry.pod.spec.HandlerFeatures;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * A runtime handler that works on this host.
 *
 * @param program absolute path of the OCI runtime
 * @param root directory in which the runtime keeps the state of its containers
 * @param version first line of its {@code --version}: {@code runc version 1.1.5}
 * @param baseSpec what specifications of its containers start from, or null; not to be changed
 */
public record RuntimeHandler(
        String name,
        Path program,
        Path root,
        String version,
        HandlerFeatures features,
        @Nullable ObjectNode baseSpec) {
    /** Whether the program is crun, whose command line differs from runc's in a few places. */
    public boolean isCrun() {
        return version.startsWith("crun ");
    }
}
