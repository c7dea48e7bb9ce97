package io.gantry.e2e.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a daemon and its helpers use while something runs: CPU seconds with those of ended children, and the peak of
 * resident memory, the children's sampled.
 */
final class ProcessUse {
    private static final double TICKS = 100;

    private final long pid;
    private final AtomicBoolean done = new AtomicBoolean();
    private final AtomicLong sampledKib = new AtomicLong();
    private final Thread sampler = Thread.ofPlatform().daemon(true).unstarted(this::sample);
    private double cpuBefore;

    ProcessUse(long pid) {
        this.pid = pid;
    }

    void start() throws IOException {
        // 5 resets the peak of the resident set: proc(5), /proc/pid/clear_refs.
        Files.writeString(Path.of("/proc/" + pid + "/clear_refs"), "5");
        cpuBefore = cpu();
        sampler.start();
    }

    /** Ends the measurement; the getters are good after it. */
    void stop() throws InterruptedException {
        done.set(true);
        sampler.join();
    }

    double cpuSeconds() throws IOException {
        return cpu() - cpuBefore;
    }

    double peakMib() throws IOException {
        return Math.max(status(pid, "VmHWM"), sampledKib.get()) / 1024.0;
    }

    private double cpu() throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        long ticks = 0;
        for (int i = 11; i <= 14; i++) {
            ticks += Long.parseLong(fields[i]);
        }
        return ticks / TICKS;
    }

    private void sample() {
        while (!done.get()) {
            long total = quietStatus(pid);
            var children = ProcessHandle.of(pid).stream()
                    .flatMap(ProcessHandle::descendants)
                    .toList();
            for (ProcessHandle child : children) {
                total += quietStatus(child.pid());
            }
            sampledKib.accumulateAndGet(total, Math::max);
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static long quietStatus(long pid) {
        try {
            return status(pid, "VmRSS");
        } catch (IOException | UncheckedIOException e) {
            return 0;
        }
    }

    private static long status(long pid, String key) throws IOException {
        Path file = Path.of("/proc/" + pid + "/status");
        if (!Files.exists(file)) {
            throw new NoSuchFileException(file.toString());
        }
        return Files.readAllLines(file).stream()
                .filter(line -> line.startsWith(key + ":"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }
}
