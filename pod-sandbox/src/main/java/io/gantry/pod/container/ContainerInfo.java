package io.gantry.pod.container;

import io.gantry.platform.storage.Json;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodPaths;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * What ContainerStatus tells beyond its fields when asked to be verbose, under the names that other runtimes use: scripts
 * look for {@code .info.pid}, {@code .info.privileged} and {@code .info.runtimeSpec}.
 */
final class ContainerInfo {
    private ContainerInfo() {}

    static Map<String, Object> of(ContainerParts parts, Container container) {
        PodPaths paths = parts.state().paths();
        Map<String, Object> info = new LinkedHashMap<>();
        info.put("privileged", container.config().security().privileged());
        info.put("rootfs", paths.rootfs(container.id()).toString());
        parts.images()
                .writableLayer(container.id())
                .ifPresent(directory -> info.put("snapshotDir", directory.toString()));
        info.put("config", container.config());
        runtimeSpec(parts, container).ifPresent(spec -> info.put("runtimeSpec", spec));
        return info;
    }

    /** As the bundle has it, which is gone after a reboot. */
    private static Optional<JsonNode> runtimeSpec(ContainerParts parts, Container container) {
        try {
            return Optional.of(Json.mapper()
                    .readTree(Files.readAllBytes(
                            parts.state().paths().bundle(container.id()).resolve(OciSpec.FILE_NAME))));
        } catch (IOException | JacksonException _) {
            return Optional.empty();
        }
    }
}
