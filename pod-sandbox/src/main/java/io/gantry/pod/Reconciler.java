package io.gantry.pod;

import io.gantry.cni.network.PodNetworks;
import io.gantry.image.service.ImageService;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Trees;
import io.gantry.pod.container.Containers;
import io.gantry.pod.monitor.ExitFiles;
import io.gantry.pod.sandbox.PodSandboxes;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.state.Ids;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.PodState;
import io.gantry.pod.state.SandboxState;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a start does in the background, once calls are answered: undoes creations that were cut short, settles starts whose
 * end is not known, and removes what no record knows. A part that fails is logged and does not stop the others; the next
 * start tries it again.
 */
final class Reconciler {
    private static final Logger log = LoggerFactory.getLogger(Reconciler.class);

    private final PodState state;
    private final PodSandboxes sandboxes;
    private final Containers containers;
    private final Set<String> handlers;
    private final PodNetworks networks;
    private final ImageService images;
    private final ExitFiles exits;
    /** What was on disk before the first call was answered: only that may be judged an orphan. */
    private volatile Leftovers leftovers =
            new Leftovers(List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), List.of());

    private volatile Found found = new Found(List.of(), List.of());

    /** Names of what was found on disk at start. */
    private record Leftovers(
            List<String> sandboxes,
            List<String> bundles,
            List<String> snapshots,
            List<String> exits,
            List<String> sockets,
            List<String> execs,
            List<String> checkpoints,
            List<String> restores) {}

    /** Records as they were at start: one that is CREATING now may be a call under way. */
    private record Found(List<PodSandbox> sandboxes, List<Container> containers) {}

    Reconciler(
            PodState state,
            PodSandboxes sandboxes,
            Containers containers,
            Set<String> handlers,
            PodNetworks networks,
            ImageService images,
            ExitFiles exits) {
        this.state = state;
        this.sandboxes = sandboxes;
        this.containers = containers;
        this.handlers = handlers;
        this.networks = networks;
        this.images = images;
        this.exits = exits;
    }

    /** To be called before the first call is answered: only what is there now may be judged an orphan. */
    void noteLeftovers() {
        PodPaths paths = state.paths();
        leftovers = new Leftovers(
                names(paths.sandboxes()),
                names(paths.bundles()),
                List.copyOf(images.snapshotKeys()),
                names(paths.exits()),
                names(paths.sockets()),
                names(paths.execs()),
                names(paths.checkpoints()),
                names(paths.restores()));
    }

    /** To be called once the records are settled and before the first call is answered. */
    void noteRecords() {
        found = new Found(
                List.copyOf(state.sandboxes().all()),
                List.copyOf(state.containers().all()));
    }

    void execute() throws InterruptedException {
        // First: a container of a checkpoint that was cut short is still frozen.
        for (String id : leftovers.checkpoints()) {
            attempt("end checkpoint of container " + id, () -> containers.abandonCheckpoint(id));
        }
        for (Container container : found.containers()) {
            settle(container);
        }
        for (PodSandbox sandbox : found.sandboxes()) {
            if (sandbox.state() == SandboxState.CREATING) {
                attempt("undo creation of sandbox " + sandbox.id(), () -> sandboxes.undoCreation(sandbox.id()));
            }
        }
        removeOrphanedContainers();
        // While the namespaces of orphaned sandboxes are still there: without them a plugin cannot undo all that it
        // did.
        attempt(
                "collect networks",
                () -> networks.garbageCollect(state.sandboxes().all().stream()
                        .filter(sandbox -> !sandbox.networkDetached())
                        .map(PodSandbox::id)
                        .collect(Collectors.toSet())));
        for (String id : leftovers.sandboxes()) {
            if (state.sandboxes().find(id).isEmpty()) {
                attempt("remove orphaned sandbox " + id, () -> sandboxes.removeOrphan(id));
            }
        }
    }

    private void settle(Container container) throws InterruptedException {
        String id = container.id();
        if (container.status().phase() == ContainerPhase.CREATING) {
            attempt("undo creation of container " + id, () -> containers.undoCreation(container));
        } else if (state.sandboxes().find(container.sandboxId()).isEmpty()) {
            log.warn("container of an unknown sandbox is removed: container={} sandbox={}", id, container.sandboxId());
            attempt("remove container " + id + " of an unknown sandbox", () -> containers.remove(id));
        } else if (container.status().isStartUnsettled()) {
            attempt("settle start of container " + id, () -> containers.settleStart(id));
        }
    }

    private void removeOrphanedContainers() throws InterruptedException {
        for (String id : leftovers.bundles()) {
            if (isOrphan(id)) {
                attempt("remove orphaned container " + id, () -> containers.removeOrphan(id, handlers));
            }
        }
        for (String key : leftovers.snapshots()) {
            if (isOrphan(key)) {
                attempt(
                        "remove orphaned snapshot " + key,
                        () -> images.removeRootfs(key, state.paths().rootfs(key)));
            }
        }
        for (String name : leftovers.exits()) {
            if (isOrphan(name)) {
                attempt("remove orphaned exit file " + name, () -> exits.remove(name));
            }
        }
        for (String name : leftovers.sockets()) {
            if (isOrphan(name)) {
                attempt(
                        "remove orphaned attach link " + name,
                        () -> Trees.delete(state.paths().sockets().resolve(name)));
            }
        }
        for (String id : leftovers.restores()) {
            if (isOrphan(id)) {
                attempt(
                        "remove orphaned checkpoint " + id,
                        () -> Trees.delete(state.paths().restore(id)));
            }
        }
        for (String name : leftovers.execs()) {
            attempt(
                    "remove files of exec " + name,
                    () -> Trees.delete(state.paths().execs().resolve(name)));
        }
    }

    /** Whether no container is known to which a thing of this name belongs: the name may have a suffix after the id, or hold only a prefix of it. */
    private boolean isOrphan(String name) {
        String id = name.length() > Ids.LENGTH ? name.substring(0, Ids.LENGTH) : name;
        return state.containers().find(id).isEmpty()
                && (name.length() >= Ids.LENGTH
                        || state.containers().all().stream()
                                .noneMatch(container -> container.id().startsWith(name)));
    }

    private interface Step {
        void run() throws InterruptedException;
    }

    private static void attempt(String what, Step step) throws InterruptedException {
        try {
            step.run();
        } catch (GantryException e) {
            log.warn("reconcile: {} failed: error=\"{}\"", what, e.getMessage());
        } catch (RuntimeException e) {
            log.error("reconcile: {} failed", what, e);
        }
    }

    private static List<String> names(Path directory) {
        List<String> names = new ArrayList<>();
        if (Files.isDirectory(directory)) {
            try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
                entries.forEach(entry -> names.add(entry.getFileName().toString()));
            } catch (IOException e) {
                log.warn("reconcile: cannot list {}: {}", directory, e.toString());
            }
        }
        return List.copyOf(names);
    }
}
