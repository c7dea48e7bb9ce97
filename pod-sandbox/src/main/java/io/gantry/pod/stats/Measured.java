package io.gantry.pod.stats;

import io.gantry.platform.error.GantryException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Figures that take a walk through directories: measured beside the calls and kept. Whoever asks gets the last figures at
 * once; for a subject that was never measured they wait a moment, and go without when that is not enough.
 */
final class Measured<T> {
    private static final Logger log = LoggerFactory.getLogger(Measured.class);

    private final Function<String, Optional<T>> measure;
    private final Executor executor;
    private final Map<String, CompletableFuture<Optional<T>>> figures = new ConcurrentHashMap<>();

    /** @param measure by subject; runs on {@code executor} */
    Measured(Function<String, Optional<T>> measure, Executor executor) {
        this.measure = measure;
        this.executor = executor;
    }

    /** The last figures; empty when there are none within {@code patience}. */
    Optional<T> get(String subject, Duration patience) throws InterruptedException {
        CompletableFuture<Optional<T>> known = figures.computeIfAbsent(subject, this::begin);
        try {
            return known.get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException | ExecutionException e) {
            return Optional.empty();
        }
    }

    private CompletableFuture<Optional<T>> begin(String subject) {
        return CompletableFuture.supplyAsync(() -> measureOne(subject), executor);
    }

    private Optional<T> measureOne(String subject) {
        try {
            return measure.apply(subject);
        } catch (GantryException e) {
            log.debug("cannot measure: subject={} error=\"{}\"", subject, e.getMessage());
            return Optional.empty();
        }
    }

    /** Measures these anew, on the caller's thread, and forgets all others. */
    void refresh(Set<String> subjects) {
        figures.keySet().retainAll(subjects);
        for (String subject : subjects) {
            figures.put(subject, CompletableFuture.completedFuture(measureOne(subject)));
        }
    }

    /** Forgets all. */
    void clear() {
        figures.clear();
    }

    int size() {
        return figures.size();
    }
}
