package io.gantry.image.service;

import io.gantry.image.spec.ImageConfigFile;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How an image wants to be run; everything is empty when the image does not say.
 *
 * @param user {@code user}, {@code uid}, {@code user:group}, {@code uid:gid} …
 * @param env {@code NAME=value}, in order
 * @param volumes paths that want a volume
 * @param stopSignal {@code SIGTERM} or a number
 * @param exposedPorts {@code 80/tcp}
 * @param variant of the architecture, where it has one
 */
public record ImageConfig(
        String user,
        List<String> env,
        List<String> entrypoint,
        List<String> cmd,
        String workingDir,
        Set<String> volumes,
        String stopSignal,
        Map<String, String> labels,
        Set<String> exposedPorts,
        String os,
        String architecture,
        @Nullable String variant) {
    public ImageConfig {
        env = List.copyOf(env);
        entrypoint = List.copyOf(entrypoint);
        cmd = List.copyOf(cmd);
        volumes = Set.copyOf(volumes);
        labels = Map.copyOf(labels);
        exposedPorts = Set.copyOf(exposedPorts);
    }

    static ImageConfig of(ImageConfigFile file) {
        ImageConfigFile.Execution execution = file.config();
        return new ImageConfig(
                execution.user(),
                execution.env(),
                execution.entrypoint(),
                execution.cmd(),
                execution.workingDir(),
                execution.volumes(),
                execution.stopSignal(),
                execution.labels(),
                execution.exposedPorts(),
                file.platform().os(),
                file.platform().architecture(),
                file.platform().variant());
    }
}
