package io.gantry.pod;

import io.gantry.cni.network.PodNetworks;
import io.gantry.image.service.ImageService;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Trees;
import io.gantry.pod.checkpoint.StagedCheckpoint;
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
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a start does in the background, once calls are answered: undoes creations that were cut short, settles starts whose
 * end is not known, and removes what no record knows. A part that fails is logged and does not stop the others;
 * {@link Upkeep} tries it again.
 */
final class Reconciler {
    private static final Logger log = LoggerFactory.getLogger(Reconciler.class);
    private static final String COLLECTION = "collect networks";

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

    /** One pass at a time; guards what follows. */
    private final ReentrantLock passes = new ReentrantLock();

    private final List<Task> tasks = new ArrayList<>();
    private boolean planned;

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

    /**
     * Does what is to be done; what failed at an earlier call is tried again.
     *
     * @return whether nothing is left to do
     */
    boolean execute() throws InterruptedException {
        passes.lockInterruptibly();
        try {
            if (!planned) {
                plan();
                planned = true;
            }
            List<Task> left = new ArrayList<>();
            for (Task task : tasks) {
                if (!attempt(task)) {
                    left.add(task);
                }
            }
            tasks.clear();
            tasks.addAll(left);
            return left.isEmpty();
        } finally {
            passes.unlock();
        }
    }

    /** {@link #execute}, and networks are collected once more. */
    boolean executeWithCollection() throws InterruptedException {
        passes.lockInterruptibly();
        try {
            if (planned && tasks.stream().noneMatch(task -> task.what().equals(COLLECTION))) {
                tasks.add(collection());
            }
            return execute();
        } finally {
            passes.unlock();
        }
    }

    private void plan() {
        // First: a container of a checkpoint that was cut short is still frozen.
        for (String id : leftovers.checkpoints()) {
            add("end checkpoint of container " + id, () -> containers.abandonCheckpoint(id));
        }
        for (Container container : found.containers()) {
            planToSettle(container);
        }
        for (PodSandbox sandbox : found.sandboxes()) {
            if (sandbox.state() == SandboxState.CREATING) {
                add("undo creation of sandbox " + sandbox.id(), () -> sandboxes.undoCreation(sandbox.id()));
            }
        }
        planOrphanedContainers();
        // While the namespaces of orphaned sandboxes are still there: without them a plugin cannot undo all that it
        // did.
        tasks.add(collection());
        for (String id : leftovers.sandboxes()) {
            add("remove orphaned sandbox " + id, () -> {
                if (state.sandboxes().find(id).isEmpty()) {
                    sandboxes.removeOrphan(id);
                }
            });
        }
    }

    private Task collection() {
        return new Task(
                COLLECTION,
                () -> networks.garbageCollect(state.sandboxes().all().stream()
                        .filter(sandbox -> !sandbox.networkDetached())
                        .map(PodSandbox::id)
                        .collect(Collectors.toSet())));
    }

    private void planToSettle(Container container) {
        String id = container.id();
        if (container.status().phase() == ContainerPhase.CREATING) {
            add("undo creation of container " + id, () -> containers.undoCreation(container));
            return;
        }
        add("settle container " + id, () -> {
            if (state.containers().find(id).isEmpty()) {
                return; // removed meanwhile
            }
            if (state.sandboxes().find(container.sandboxId()).isEmpty()) {
                log.warn(
                        "container of an unknown sandbox is removed: container={} sandbox={}",
                        id,
                        container.sandboxId());
                containers.remove(id);
            } else if (container.status().isStartUnsettled()) {
                containers.settleStart(id);
            }
        });
    }

    private void planOrphanedContainers() {
        for (String id : leftovers.bundles()) {
            addUnlessKnown(id, "remove orphaned container " + id, () -> containers.removeOrphan(id, handlers));
        }
        for (String key : leftovers.snapshots()) {
            addUnlessKnown(
                    key,
                    "remove orphaned snapshot " + key,
                    () -> images.removeRootfs(key, state.paths().rootfs(key)));
        }
        for (String name : leftovers.exits()) {
            addUnlessKnown(name, "remove orphaned exit file " + name, () -> exits.remove(name));
        }
        for (String name : leftovers.sockets()) {
            addUnlessKnown(
                    name,
                    "remove orphaned attach link " + name,
                    () -> Trees.delete(state.paths().sockets().resolve(name)));
        }
        for (String id : leftovers.restores()) {
            addUnlessKnown(
                    id,
                    "remove orphaned checkpoint " + id,
                    () -> StagedCheckpoint.discard(state.paths().restore(id)));
        }
        for (String name : leftovers.execs()) {
            add(
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

    /** Something to do; it looks at the state of the moment, and doing it twice is no error. */
    private record Task(String what, Step step) {}

    private void add(String what, Step step) {
        tasks.add(new Task(what, step));
    }

    private void addUnlessKnown(String name, String what, Step step) {
        add(what, () -> {
            if (isOrphan(name)) {
                step.run();
            }
        });
    }

    private static boolean attempt(Task task) throws InterruptedException {
        try {
            task.step().run();
            return true;
        } catch (GantryException e) {
            if (e.kind() == ErrorKind.UNAVAILABLE) {
                log.info("reconcile: {} is tried again later: reason=\"{}\"", task.what(), e.getMessage());
            } else {
                log.warn("reconcile: {} failed, is tried again later: error=\"{}\"", task.what(), e.getMessage());
            }
        } catch (RuntimeException e) {
            log.error("reconcile: {} failed, is tried again later", task.what(), e);
        }
        return false;
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
