package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.concurrent.OwnThread;
import io.gantry.platform.storage.FileErrors;
import io.gantry.platform.storage.Json;
import io.gantry.pod.checkpoint.CheckpointFiles;
import io.gantry.pod.checkpoint.CheckpointWork;
import io.gantry.pod.runtime.RuntimeCheckpoints;
import io.gantry.pod.spec.OciSpec;
import io.gantry.pod.state.Container;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Memory, processes and files of one container as of one moment: it is frozen, captured and let go on. Whatever happens in
 * between, {@link #thaw} lets it go on.
 */
final class ContainerDump {
    private static final Duration THAW_PATIENCE = Duration.ofSeconds(30);

    private final ContainerParts parts;
    private final Container container;
    private final RuntimeCheckpoints runtime;
    private final CheckpointWork work;
    private final String action;
    private boolean frozen;

    ContainerDump(
            ContainerParts parts, Container container, RuntimeCheckpoints runtime, CheckpointWork work, String action) {
        this.parts = parts;
        this.container = container;
        this.runtime = runtime;
        this.work = work;
        this.action = action;
    }

    void freeze(Deadline deadline) throws InterruptedException {
        frozen = true; // one that is cut short may have frozen it
        runtime.pause(container.id(), action, deadline);
    }

    /** Writes all but the archive itself. */
    void capture(Deadline deadline) throws InterruptedException {
        ObjectNode spec = readSpec();
        runtime.dump(container.id(), work.images(), work.directory(), action, deadline);
        OwnThread.run("gantry-checkpoint", () -> writeRootfsChanges(spec, deadline));
        work.write(CheckpointFiles.CONFIG, config());
        work.write(CheckpointFiles.BIND_MOUNTS, bindMounts(spec));
        work.write(CheckpointFiles.SPEC, annotated(spec));
    }

    /**
     * Not cut short by an interruption; safe to call when it was not frozen.
     *
     * @throws GantryException when it stays frozen
     */
    void thaw() {
        if (!frozen) {
            return;
        }
        runtime.resume(
                container.id(), () -> parts.cgroups().isFrozen(container.cgroup()), Deadline.after(THAW_PATIENCE));
        frozen = false;
    }

    /** Leaves nothing but a published archive, and for a container that stays frozen what tells the next start of it. */
    void close() {
        if (frozen) {
            work.keepMark();
        } else {
            work.close();
        }
    }

    CheckpointWork work() {
        return work;
    }

    void pack(Deadline deadline) throws InterruptedException {
        OwnThread.run("gantry-checkpoint", () -> work.pack(container.logPath(), deadline));
    }

    private ObjectNode readSpec() {
        Path file = parts.state().paths().bundle(container.id()).resolve(OciSpec.FILE_NAME);
        try {
            return (ObjectNode) Json.mapper().readTree(Files.readAllBytes(file));
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    /** Mounts of the container are not its root file system's, nor are the mount points that the runtime made. */
    private void writeRootfsChanges(JsonNode spec, Deadline deadline) throws InterruptedException {
        Set<String> mounted = new HashSet<>();
        spec.path("mounts")
                .forEach(mount -> mounted.add(mount.path("destination").asString("")));
        Predicate<String> skipped = mounted::contains;
        List<String> deleted;
        try (OutputStream out = work.create(CheckpointFiles.ROOTFS_DIFF, deadline)) {
            deleted = parts.images()
                    .writeChanges(container.id(), parts.state().paths().rootfs(container.id()), skipped, out);
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
        work.write(CheckpointFiles.DELETED, deleted);
    }

    private Map<String, Object> config() {
        Instant now = parts.clock().instant();
        Map<String, Object> config = new TreeMap<>();
        config.put("id", container.id());
        config.put("name", container.config().metadata().name());
        config.put("rootfsImage", container.config().image().userSpecifiedImage());
        config.put("rootfsImageRef", container.imageId().replaceFirst("^sha256:", ""));
        config.put("rootfsImageName", container.imageRef());
        config.put("runtime", container.handler());
        config.put("createdTime", container.status().createdAt().toString());
        config.put("checkpointedTime", now.toString());
        config.put("restoredTime", "0001-01-01T00:00:00Z");
        config.put("restored", false);
        return config;
    }

    /** What other runtimes need to know of a mount whose source they have to make. */
    private List<Map<String, Object>> bindMounts(JsonNode spec) {
        List<Map<String, Object>> binds = new ArrayList<>();
        for (JsonNode mount : spec.path("mounts")) {
            if (!mount.path("type").asString("").equals("bind")) {
                continue;
            }
            Path source = Path.of(mount.path("source").asString(""));
            binds.add(Map.of(
                    "source",
                    source.toString(),
                    "destination",
                    mount.path("destination").asString(""),
                    "file_type",
                    Files.isDirectory(source) ? "directory" : "file",
                    "permissions",
                    permissions(source)));
        }
        return binds;
    }

    private static int permissions(Path source) {
        try {
            int bits = 0;
            for (PosixFilePermission permission : Files.getPosixFilePermissions(source)) {
                bits |= 0400 >> permission.ordinal();
            }
            return bits;
        } catch (IOException e) {
            return 0; // its source is gone; the mount is still there
        }
    }

    /** CRI-O looks for the annotations that it was asked for in one of its own. */
    private ObjectNode annotated(ObjectNode spec) {
        String annotations = Json.mapper().writeValueAsString(container.config().annotations());
        spec.withObject("/annotations").put("io.kubernetes.cri-o.Annotations", annotations);
        return spec;
    }
}
