package io.gantry.platform.lifecycle;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The undo steps of one operation. Each step that takes something registers its undo before or at once after it; {@link
 * #close()} runs them in reverse unless {@link #release()} was called. An undo that fails does not stop the others;
 * {@link #failures()} then names what is left behind. Steps may be registered from several threads; the undo itself runs
 * on the closing thread with its interrupt flag cleared and restored afterwards, so that a cancelled operation still
 * cleans up.
 */
public final class Rollback implements AutoCloseable {
    /** One undo step. */
    @FunctionalInterface
    public interface Undo {
        /** Must be safe to run when the step it undoes did nothing, or only half. */
        void run() throws Exception;
    }

    /** An undo step that failed, so what it names is left behind. */
    public record Failure(String step, Exception problem) {}

    private record Step(String name, Undo undo) {}

    private static final Logger log = LoggerFactory.getLogger(Rollback.class);

    private final String operation;
    private final Consumer<String> observer;
    private final Deque<Step> steps = new ArrayDeque<>();
    private final List<Failure> failures = new ArrayList<>();
    private boolean released;

    /** @param operation what is undone, for the log: {@code "run pod sandbox default/web"} */
    public Rollback(String operation) {
        this(operation, _ -> {});
    }

    /** @param observer is given the name of each undo step before it runs, on the closing thread */
    public Rollback(String operation, Consumer<String> observer) {
        this.operation = operation;
        this.observer = observer;
    }

    /** Registers the undo of a step; {@code name} is what it gives back: {@code "network of 3f2a"}. */
    public synchronized void add(String name, Undo undo) {
        if (released) {
            throw new IllegalStateException("undo of '" + name + "' registered after release of " + operation);
        }
        steps.push(new Step(name, undo));
    }

    /** The operation succeeded: nothing will be undone. */
    public synchronized void release() {
        released = true;
        steps.clear();
    }

    /** The undo steps that failed so far; empty before {@link #close()}. */
    public synchronized List<Failure> failures() {
        return List.copyOf(failures);
    }

    @Override
    public void close() {
        boolean interrupted = Thread.interrupted();
        try {
            for (Step step = next(); step != null; step = next()) {
                observer.accept(step.name());
                try {
                    step.undo().run();
                } catch (Exception e) {
                    interrupted |= e instanceof InterruptedException;
                    log.warn(
                            "undo failed: operation=\"{}\" step=\"{}\" error=\"{}\"",
                            operation,
                            step.name(),
                            e.toString());
                    synchronized (this) {
                        failures.add(new Failure(step.name(), e));
                    }
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private synchronized @org.jspecify.annotations.Nullable Step next() {
        return steps.poll();
    }
}
