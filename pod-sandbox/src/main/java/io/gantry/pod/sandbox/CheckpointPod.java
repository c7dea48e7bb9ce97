package io.gantry.pod.sandbox;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.AtomicFiles;
import io.gantry.platform.storage.Durability;
import io.gantry.platform.storage.FileErrors;
import io.gantry.platform.storage.Json;
import io.gantry.pod.checkpoint.CheckpointFiles;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Writes containers of a pod into a directory: {@code NAME.tar} for each, as CheckpointContainer writes it, {@code
 * pod.options} with their names (checkpointctl, CheckpointedPodOptions) and {@code pod.dump} with the sandbox's config.
 */
final class CheckpointPod {
    /** The caller's deadline is what counts; this is for one who sets none. */
    private static final Duration LONGEST = Duration.ofMinutes(10);

    private static final int VERSION = 1;

    private final SandboxParts parts;

    CheckpointPod(SandboxParts parts) {
        this.parts = parts;
    }

    void execute(PodSandbox sandbox, String output, List<String> containerIds) throws InterruptedException {
        String action = "checkpoint pod " + sandbox.config().metadata().display();
        if (!sandbox.isReady()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    action,
                    "pod sandbox " + sandbox.id() + " is " + sandbox.state() + ", not READY");
        }
        List<Container> containers = containers(sandbox, containerIds, action);
        Path directory = requireEmptyDirectory(output, action);
        try {
            parts.containers().checkpointAll(containers, directory, action, Deadline.after(LONGEST));
            write(directory.resolve(CheckpointFiles.POD), sandbox.config());
            write(directory.resolve(CheckpointFiles.POD_OPTIONS), options(sandbox, containers));
        } catch (Throwable e) {
            try {
                empty(directory, action);
            } catch (GantryException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
    }

    private List<Container> containers(PodSandbox sandbox, List<String> ids, String action) {
        if (ids.isEmpty()) {
            throw invalid(action, "no container is named", "name the running containers of the pod");
        }
        List<Container> containers = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (String id : ids) {
            Container container = parts.containers().status(id);
            if (!container.sandboxId().equals(sandbox.id())) {
                throw invalid(action, "container " + container.id() + " is in another pod", "name its own containers");
            }
            if (!seen.add(container.id())) {
                throw invalid(action, "container " + container.id() + " is named twice", "name each once");
            }
            if (!seen.add(container.config().metadata().name())) {
                throw invalid(
                        action,
                        "two containers have the name "
                                + container.config().metadata().name(),
                        "name the running one");
            }
            String name = container.config().metadata().name();
            if (name.contains("/") || name.startsWith(".")) {
                throw invalid(action, "container name \"" + name + "\" cannot name a file", "use another name");
            }
            containers.add(container);
        }
        return containers;
    }

    private static Path requireEmptyDirectory(String output, String action) {
        if (!output.startsWith("/") || output.indexOf('\0') >= 0) {
            throw invalid(
                    action, "output path \"" + output.replace('\0', '?') + "\" is not absolute", "name a directory");
        }
        Path directory = Path.of(output);
        if (!Files.isDirectory(directory)) {
            throw invalid(action, "output path " + output + " is not a directory", "make it first");
        }
        try (Stream<Path> inside = Files.list(directory)) {
            if (inside.findAny().isPresent()) {
                throw invalid(action, "output path " + output + " is not empty", "name an empty directory");
            }
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
        return directory;
    }

    private static GantryException invalid(String action, String problem, String remedy) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, action, problem).withRemedy(remedy);
    }

    private static Map<String, Object> options(PodSandbox sandbox, List<Container> containers) {
        Map<String, String> names = new TreeMap<>();
        for (Container container : containers) {
            String name = container.config().metadata().name();
            names.put(name, name);
        }
        var metadata = sandbox.config().metadata();
        return Map.of(
                "version",
                VERSION,
                "containers",
                names,
                "annotations",
                Map.of(
                        "org.criu.checkpoint.engine.name", "gantry",
                        "org.criu.checkpoint.pod.name", metadata.name(),
                        "org.criu.checkpoint.pod.namespace", metadata.namespace(),
                        "org.criu.checkpoint.pod.uid", metadata.uid(),
                        "org.criu.checkpoint.pod.id", sandbox.id(),
                        "org.criu.checkpoint.runtime.name", sandbox.handler()));
    }

    private static void write(Path file, Object json) {
        AtomicFiles.write(file, Json.mapper().writeValueAsBytes(json), Durability.POWER_LOSS, 0600);
    }

    /** Nothing but what was written here can be in it. */
    private static void empty(Path directory, String action) {
        try (Stream<Path> inside = Files.list(directory)) {
            for (Path file : inside.toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException e) {
            throw FileErrors.during(action + ": delete what was written", e);
        }
    }
}
