package io.gantry.pod.spec;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What an image's configuration says about containers made from it (OCI image-spec, config.md).
 *
 * @param user {@code user}, {@code uid}, {@code user:group}, {@code uid:gid}, or empty for root
 * @param env {@code NAME=value} entries
 * @param volumes paths that the image declares as volumes
 * @param stopSignal signal name, or empty
 */
public record ImageDefaults(
        String user,
        List<String> env,
        List<String> entrypoint,
        List<String> cmd,
        String workingDir,
        Set<String> volumes,
        String stopSignal,
        Map<String, String> labels) {
    public ImageDefaults {
        env = List.copyOf(env);
        entrypoint = List.copyOf(entrypoint);
        cmd = List.copyOf(cmd);
        volumes = Set.copyOf(volumes);
        labels = Map.copyOf(labels);
    }

    /** An image that says nothing. */
    public static final ImageDefaults NONE =
            new ImageDefaults("", List.of(), List.of(), List.of(), "", Set.of(), "", Map.of());

    /** The signal that asks a container to end: the one asked for, else the image's, else SIGTERM. */
    public String effectiveStopSignal(String asked) {
        if (!asked.isEmpty()) {
            return asked;
        }
        return stopSignal.isEmpty() ? "SIGTERM" : stopSignal;
    }
}
