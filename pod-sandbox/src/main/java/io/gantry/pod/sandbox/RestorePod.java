package io.gantry.pod.sandbox;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.lifecycle.Rollback;
import io.gantry.platform.storage.FileErrors;
import io.gantry.platform.storage.Json;
import io.gantry.pod.checkpoint.CheckpointFiles;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.PodSandboxConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Makes a sandbox, and containers that are to be restored in it, from what CheckpointPod wrote; or leaves nothing. */
final class RestorePod {
    private static final int MAX_DOCUMENT = 1 << 20;

    private final SandboxParts parts;
    private final PodSandboxes sandboxes;

    RestorePod(SandboxParts parts, PodSandboxes sandboxes) {
        this.parts = parts;
        this.sandboxes = sandboxes;
    }

    RestoredPod execute(
            String checkpoint, PodSandboxConfig config, String runtimeHandler, List<ContainerConfig> containers)
            throws InterruptedException {
        String action = "restore pod " + config.metadata().display();
        Path directory = requireDirectory(checkpoint, action);
        JsonNode options = options(directory, action);
        Map<String, Path> archives = archives(directory, options, action);
        Map<String, ContainerConfig> configs = byName(containers, archives, action);
        requireHandler(options, runtimeHandler, action);
        if (sandboxes.named(config.metadata().uniqueName()).isPresent()) {
            throw GantryException.of(ErrorKind.ALREADY_EXISTS, action, "there is a sandbox of that name")
                    .withRemedy("remove it first, or use the next attempt number");
        }
        Map<String, String> restored = new HashMap<>();
        try (Rollback undo = new Rollback(action)) {
            String sandbox = sandboxes.run(config, runtimeHandler);
            undo.add("sandbox", () -> sandboxes.remove(sandbox));
            for (Map.Entry<String, ContainerConfig> entry : configs.entrySet()) {
                Path archive = archives.getOrDefault(entry.getKey(), directory);
                restored.put(entry.getKey(), parts.containers().restore(sandbox, entry.getValue(), archive));
            }
            undo.release();
            return new RestoredPod(sandbox, restored);
        }
    }

    private static Path requireDirectory(String checkpoint, String action) {
        if (!checkpoint.startsWith("/") || checkpoint.indexOf('\0') >= 0) {
            throw invalid(action, "checkpoint path \"" + checkpoint.replace('\0', '?') + "\" is not absolute");
        }
        Path directory = Path.of(checkpoint);
        if (!Files.exists(directory)) {
            throw GantryException.of(ErrorKind.NOT_FOUND, action, "there is no checkpoint " + checkpoint);
        }
        if (!Files.isDirectory(directory)) {
            throw invalid(action, "checkpoint path " + checkpoint + " is not a directory");
        }
        return directory;
    }

    private static JsonNode options(Path directory, String action) {
        Path file = directory.resolve(CheckpointFiles.POD_OPTIONS);
        if (!Files.isRegularFile(file)) {
            throw invalid(action, directory + " is no checkpoint of a pod: it has no " + CheckpointFiles.POD_OPTIONS);
        }
        try {
            if (Files.size(file) > MAX_DOCUMENT) {
                throw invalid(action, file + " is larger than " + MAX_DOCUMENT + " bytes");
            }
            JsonNode options = Json.mapper().readTree(Files.readAllBytes(file));
            if (options.path("version").asInt(0) != 1) {
                throw invalid(action, file + " has a version that is not known: " + options.path("version"));
            }
            return options;
        } catch (JacksonException e) {
            throw invalid(action, file + " is not JSON: " + e.getOriginalMessage())
                    .causedBy(e);
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    /** By the containers' names; no name leads out of the directory. */
    private static Map<String, Path> archives(Path directory, JsonNode options, String action) {
        Map<String, Path> archives = new TreeMap<>();
        options.path("containers").properties().forEach(entry -> {
            String file = entry.getValue().asString("");
            if (file.isEmpty() || file.contains("/") || file.startsWith(".") || file.indexOf('\0') >= 0) {
                throw invalid(action, CheckpointFiles.POD_OPTIONS + " names no archive for " + entry.getKey());
            }
            archives.put(entry.getKey(), directory.resolve(file + ".tar"));
        });
        return archives;
    }

    private static Map<String, ContainerConfig> byName(
            List<ContainerConfig> containers, Map<String, Path> archives, String action) {
        Map<String, ContainerConfig> configs = new LinkedHashMap<>();
        for (ContainerConfig container : containers) {
            if (configs.put(container.metadata().name(), container) != null) {
                throw invalid(action, "container " + container.metadata().name() + " is configured twice");
            }
        }
        if (configs.isEmpty() || !configs.keySet().equals(archives.keySet())) {
            throw invalid(
                    action,
                    "the checkpoint has the containers " + new TreeSet<>(archives.keySet()) + ", configs are given for "
                            + new TreeSet<>(configs.keySet()));
        }
        return configs;
    }

    /** Images of one runtime are not another one's. */
    private void requireHandler(JsonNode options, String wanted, String action) throws InterruptedException {
        String dumped =
                options.at("/annotations/org.criu.checkpoint.runtime.name").asString("");
        String handler = parts.handlers().require(wanted).name();
        if (!dumped.isEmpty() && !dumped.equals(handler)) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION,
                            action,
                            "the checkpoint was made with runtime handler " + dumped + ", not " + handler)
                    .withRemedy("restore it with runtime handler " + dumped);
        }
    }

    private static GantryException invalid(String action, String problem) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, action, problem);
    }
}
