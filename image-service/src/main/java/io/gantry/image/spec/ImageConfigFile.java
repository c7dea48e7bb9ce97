package io.gantry.image.spec;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.Platform;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The config of an image: how to run it and which layers it has, uncompressed. Its digest is the image id.
 *
 * @param created null when not recorded
 * @param diffIds digests of the uncompressed layers, lowest first
 * @param history how the image was built, oldest first
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/config.md">image-spec, config</a>
 */
public record ImageConfigFile(
        Platform platform,
        @Nullable Instant created,
        @Nullable String author,
        Execution config,
        List<Digest> diffIds,
        List<History> history) {
    public ImageConfigFile {
        diffIds = List.copyOf(diffIds);
        history = List.copyOf(history);
    }

    /**
     * How to run the image; everything is empty when the image does not say.
     *
     * @param user {@code user}, {@code uid}, {@code user:group}, {@code uid:gid} …
     * @param env {@code NAME=value}, in order
     * @param volumes paths that want a volume
     * @param stopSignal {@code SIGTERM} or a number
     * @param exposedPorts {@code 80/tcp}
     */
    public record Execution(
            String user,
            List<String> env,
            List<String> entrypoint,
            List<String> cmd,
            String workingDir,
            Set<String> volumes,
            String stopSignal,
            Map<String, String> labels,
            Set<String> exposedPorts,
            boolean argsEscaped) {
        public Execution {
            env = List.copyOf(env);
            entrypoint = List.copyOf(entrypoint);
            cmd = List.copyOf(cmd);
            volumes = Set.copyOf(volumes);
            labels = Map.copyOf(labels);
            exposedPorts = Set.copyOf(exposedPorts);
        }
    }

    /** One step of the build; {@code emptyLayer} steps have no layer. */
    public record History(
            @Nullable Instant created, String createdBy, String author, String comment, boolean emptyLayer) {}

    /**
     * Reads a config.
     *
     * @param subject what the document belongs to, for errors: {@code "config of docker.io/library/busybox:1"}
     * @throws io.gantry.platform.error.GantryException DATA_LOSS with the field that is wrong
     */
    public static ImageConfigFile parse(byte[] json, String subject) {
        return ConfigReader.read(json, subject);
    }
}
