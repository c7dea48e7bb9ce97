package io.gantry.pod.runtime;

import io.gantry.platform.error.GantryException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One row of the table of handlers, with the outcome of its probe. */
final class ProbedHandler {
    private static final Logger log = LoggerFactory.getLogger(RuntimeHandlers.class);

    private final String name;
    private final HandlerConfig config;
    private final RuntimeProbe probe;
    private @Nullable CompletableFuture<RuntimeHandler> outcome;

    ProbedHandler(String name, HandlerConfig config, RuntimeProbe probe) {
        this.name = name;
        this.config = config;
        this.probe = probe;
    }

    String name() {
        return name;
    }

    /** Begins the probe in the background. */
    synchronized void start() {
        outcome = startProbe();
    }

    private CompletableFuture<RuntimeHandler> startProbe() {
        CompletableFuture<RuntimeHandler> started = new CompletableFuture<>();
        Thread.ofVirtual().name("probe-" + name).start(() -> {
            try {
                RuntimeHandler handler = probe.probe(name, config);
                log.debug("runtime handler works: name={} version=\"{}\"", name, handler.version());
                started.complete(handler);
            } catch (InterruptedException | RuntimeException e) {
                log.info("runtime handler does not work: name={} reason=\"{}\"", name, e.getMessage());
                started.completeExceptionally(e);
            }
        });
        return started;
    }

    /** The handler; one that failed before is probed once more. */
    RuntimeHandler require() throws InterruptedException {
        CompletableFuture<RuntimeHandler> current = current();
        if (current.isCompletedExceptionally()) {
            current = again(current);
        }
        return await(current);
    }

    Optional<RuntimeHandler> ifWorking() throws InterruptedException {
        try {
            return Optional.of(await(current()));
        } catch (GantryException e) {
            return Optional.empty();
        }
    }

    Optional<GantryException> problem() throws InterruptedException {
        try {
            await(current());
            return Optional.empty();
        } catch (GantryException e) {
            return Optional.of(e);
        }
    }

    private synchronized CompletableFuture<RuntimeHandler> current() {
        if (outcome == null) {
            outcome = startProbe();
        }
        return outcome;
    }

    @SuppressWarnings("ReferenceEquality") // Whether nobody has started another since.
    private synchronized CompletableFuture<RuntimeHandler> again(CompletableFuture<RuntimeHandler> failed) {
        if (outcome == failed) {
            outcome = startProbe();
        }
        return current();
    }

    private static RuntimeHandler await(CompletableFuture<RuntimeHandler> future) throws InterruptedException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case GantryException failure -> throw failure;
                case null, default -> throw new IllegalStateException("probe of a runtime handler failed", e);
            }
        }
    }
}
