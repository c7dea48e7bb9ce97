package io.gantry.e2e.bench;

import io.gantry.e2e.bench.images.PullImage;
import io.gantry.e2e.process.Command;
import io.gantry.e2e.runtime.RuntimeUnderTest;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One runtime that pulls images onto an empty store, again and again. */
final class PulledRuntime {
    private static final Duration EMPTY_LIMIT = Duration.ofMinutes(5);
    /** What a store may keep of an image that was removed: databases that do not shrink. */
    private static final long SLACK = 8 << 20;

    private final RuntimeUnderTest runtime;
    private final long empty;

    /** The runtime is started and has no image. */
    PulledRuntime(RuntimeUnderTest runtime) throws IOException, InterruptedException {
        this.runtime = runtime;
        this.empty = disk();
    }

    String name() {
        return runtime.name();
    }

    /** Pulls images, all at once when there are several; they are not there before and stay. */
    PullFigures pull(List<PullImage> images) throws IOException, InterruptedException {
        Command.of("sync", "-f", runtime.node().root())
                .within(Duration.ofMinutes(5))
                .run();
        ProcessUse use = new ProcessUse(runtime.pid());
        use.start();
        long start = System.nanoTime();
        List<Thread> pulls = new ArrayList<>();
        List<Exception> failures = new ArrayList<>();
        for (PullImage image : images) {
            pulls.add(Thread.ofPlatform().start(() -> {
                try {
                    runtime.crictl("pull", image.reference())
                            .within(Duration.ofMinutes(10))
                            .run();
                } catch (IOException | InterruptedException e) {
                    synchronized (failures) {
                        failures.add(e);
                    }
                }
            }));
        }
        for (Thread pull : pulls) {
            pull.join();
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        use.stop();
        if (!failures.isEmpty()) {
            throw new IOException(
                    "pull with " + name() + ": " + failures.size() + " of " + images.size() + " failed",
                    failures.getFirst());
        }
        return new PullFigures(seconds, use.cpuSeconds(), use.peakMib(), (disk() - empty) / 1048576.0);
    }

    /** Removes images and waits until the store has given their space back. */
    void remove(List<PullImage> images) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + EMPTY_LIMIT.toNanos();
        while (disk() > empty + SLACK) {
            for (PullImage image : images) {
                // An error may be crictl's own time limit on a slow disk; what counts is that the space comes back.
                runtime.crictl("rmi", image.reference()).result();
            }
            if (System.nanoTime() > deadline) {
                throw new IOException("remove images from " + name() + ": " + (disk() - empty) + " bytes are still in "
                        + runtime.node().root() + " after " + EMPTY_LIMIT);
            }
            Thread.sleep(200);
        }
    }

    /** Bytes of blocks under the root. du looks away when something is deleted under its eyes. */
    private long disk() throws IOException, InterruptedException {
        String line =
                Command.of("du", "-s", "-B1", runtime.node().root()).result().output();
        return Long.parseLong(line.split("\\s")[0]);
    }
}
