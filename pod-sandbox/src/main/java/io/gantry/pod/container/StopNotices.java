package io.gantry.pod.container;

import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.pod.plugin.PodPlugins;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.PodState;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;

/**
 * Tells plugins that containers ended, once each and beside everything else; whoever needs it told can wait. They know of a
 * start first, also where the program is over before its start has returned.
 */
final class StopNotices {
    private final PodPlugins plugins;
    private final PodState state;
    private final Executor executor;
    private final KeyedLocks<String> starts;
    private final Map<String, CompletableFuture<Void>> underWay = new ConcurrentHashMap<>();

    /** @param starts held while a container is started */
    StopNotices(PodPlugins plugins, PodState state, Executor executor, KeyedLocks<String> starts) {
        this.plugins = plugins;
        this.state = state;
        this.executor = executor;
        this.starts = starts;
    }

    /** To be called once for each container that ended, before anybody who waits for its end is woken. */
    void begin(Container ended) {
        if (!plugins.present()) {
            return;
        }
        CompletableFuture<Void> told = new CompletableFuture<>();
        underWay.put(ended.id(), told);
        try {
            executor.execute(() -> tell(ended, told));
        } catch (RejectedExecutionException e) {
            told.complete(null); // the daemon stops
        }
    }

    private void tell(Container ended, CompletableFuture<Void> told) {
        try {
            awaitStart(ended.id());
            Optional<PodSandbox> sandbox = state.sandboxes().find(ended.sandboxId());
            if (sandbox.isPresent()) {
                plugins.stopContainer(sandbox.get(), ended);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            underWay.remove(ended.id(), told);
            told.complete(null);
        }
    }

    private void awaitStart(String id) throws InterruptedException {
        KeyedLocks.Held held = starts.lock(id);
        held.close();
    }

    /** Returns once plugins know of the container's end; at once when they do, or need not. */
    void await(String id) throws InterruptedException {
        CompletableFuture<Void> told = underWay.get(id);
        if (told != null) {
            try {
                told.get();
            } catch (ExecutionException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
