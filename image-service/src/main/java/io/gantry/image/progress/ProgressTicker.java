package io.gantry.image.progress;

import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Tells how far a pull is, every now and then and once more when it is closed. A listener that throws is told no more: the
 * pull itself is not its concern.
 */
public final class ProgressTicker implements AutoCloseable {
    private static final Duration PAUSE = Duration.ofMillis(150);

    private final Consumer<List<LayerProgress>> listener;
    private @Nullable Thread thread;

    /** @param listener called by one thread at a time, and no more after {@link #close()} */
    public ProgressTicker(Consumer<List<LayerProgress>> listener) {
        this.listener = listener;
    }

    /** Begins; to be called at most once, with the pull's progress. */
    public void watch(PullProgress progress) {
        thread = Thread.ofVirtual().name("pull-progress").start(() -> tell(progress));
    }

    private void tell(PullProgress progress) {
        try {
            while (true) {
                listener.accept(progress.layers());
                Thread.sleep(PAUSE);
            }
        } catch (InterruptedException _) {
            last(progress);
        } catch (RuntimeException _) {
            // nobody listens any more
        }
    }

    private void last(PullProgress progress) {
        try {
            listener.accept(progress.layers());
        } catch (RuntimeException _) {
            // nobody listens any more
        }
    }

    /** Waits until the listener was told for the last time. */
    @Override
    public void close() {
        Thread ticker = thread;
        if (ticker == null) {
            return;
        }
        ticker.interrupt();
        boolean interrupted = false;
        while (ticker.isAlive()) {
            try {
                ticker.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
