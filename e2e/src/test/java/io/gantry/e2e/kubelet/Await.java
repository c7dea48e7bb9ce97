package io.gantry.e2e.kubelet;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Waits for what a kubelet does in its own time. The limits only end a wait that can no longer succeed. */
final class Await {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    /** Reads something that may fail while a daemon is down. */
    @FunctionalInterface
    interface Reading<T> {
        T read() throws Exception;
    }

    private Await() {}

    /** Reads until the predicate holds and returns what was read; a reading that fails is read again. */
    static <T> T until(String what, Reading<T> reading, Predicate<T> holds) throws InterruptedException {
        return until(what, LIMIT, reading, holds);
    }

    static <T> T until(String what, Duration limit, Reading<T> reading, Predicate<T> holds)
            throws InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        @Nullable Object last = null;
        while (System.nanoTime() < deadline) {
            try {
                T value = reading.read();
                if (holds.test(value)) {
                    return value;
                }
                last = value;
            } catch (InterruptedException e) {
                throw e;
            } catch (Exception | AssertionError e) {
                last = e;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("waited " + limit.toSeconds() + " s for " + what + "; last seen: " + shown(last));
    }

    /** Waits until the optional value is there and right. */
    static <T> T present(String what, Reading<Optional<T>> reading, Predicate<T> holds) throws InterruptedException {
        return until(what, reading, value -> value.filter(holds).isPresent()).orElseThrow();
    }

    private static String shown(@Nullable Object value) {
        String text = Objects.toString(value);
        return text.length() > 3000 ? text.substring(0, 3000) + " ..." : text;
    }
}
