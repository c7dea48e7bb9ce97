package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.checkpoint.StagedCheckpoint;
import io.gantry.pod.state.Container;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives back what a container that ended still holds while it is listed: the OCI runtime's state with its cgroup, and the
 * mounted root file system. It begins when the container ends, so that RemoveContainer finds it done.
 */
final class ContainerCleanup {
    private static final Logger log = LoggerFactory.getLogger(ContainerCleanup.class);

    private final ContainerParts parts;
    private final Executor executor;
    private final KeyedLocks<String> starts;
    private final OomDetector ooms;
    private final Map<String, CompletableFuture<Void>> runs = new ConcurrentHashMap<>();

    /** @param starts held while a container is started: a short program ends before the runtime's start has */
    ContainerCleanup(ContainerParts parts, Executor executor, KeyedLocks<String> starts, OomDetector ooms) {
        this.parts = parts;
        this.executor = executor;
        this.starts = starts;
        this.ooms = ooms;
    }

    /** Begins the clean-up, once a container. */
    CompletableFuture<Void> begin(Container container) {
        return runs.computeIfAbsent(container.id(), id -> CompletableFuture.runAsync(() -> clean(container), executor));
    }

    /** Waits until the clean-up is done; one that failed before is tried again. */
    void finish(Container container) throws InterruptedException {
        CompletableFuture<Void> run = begin(container);
        try {
            run.get();
        } catch (ExecutionException e) {
            runs.remove(container.id(), run);
            log.warn("clean-up failed, trying again: container={} error=\"{}\"", container.id(), e.getCause());
            clean(container);
        }
    }

    /** The container is removed: nothing about it is remembered. */
    void forget(String id) {
        runs.remove(id);
    }

    private void clean(Container container) {
        try (KeyedLocks.Held held = starts.lock(container.id())) {
            parts.runtimes()
                    .of(container.handler())
                    .delete(container.id(), true, Deadline.after(parts.operationTimeout()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw GantryException.of(ErrorKind.CANCELLED, "clean up container " + container.id(), "interrupted");
        }
        ooms.cgroupRemoved(container);
        boolean unused = parts.mounts().unmount(parts.state().paths().rootfs(container.id()));
        parts.conmon().removeSocketLink(container.id());
        StagedCheckpoint.discard(parts.state().paths().restore(container.id()));
    }
}
