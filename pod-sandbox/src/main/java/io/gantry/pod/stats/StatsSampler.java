package io.gantry.pod.stats;

import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.time.Duration;
import java.util.HashSet;
import java.util.OptionalLong;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at every running container now and then, so that a rate can be told to the first who asks, and measures what calls
 * must not wait for. A container that a call has just looked at is passed over.
 */
final class StatsSampler implements AutoCloseable {
    static final Duration INTERVAL = Duration.ofSeconds(10);

    /** Descriptors of processes are counted only while somebody reads metrics. */
    private static final Duration METRICS_INTEREST = Duration.ofMinutes(5);

    private static final Logger log = LoggerFactory.getLogger(StatsSampler.class);

    private final StatsParts parts;
    private volatile long metricsReadAt = System.nanoTime() - METRICS_INTEREST.toNanos();
    private @Nullable Thread thread;

    StatsSampler(StatsParts parts) {
        this.parts = parts;
    }

    void start() {
        thread = Thread.ofVirtual().name("stats-sampler").start(this::run);
    }

    /** Somebody reads metrics. */
    void metricsRead() {
        metricsReadAt = System.nanoTime();
    }

    private void run() {
        try {
            while (true) {
                Thread.sleep(INTERVAL);
                try {
                    sample();
                } catch (RuntimeException e) {
                    log.warn("sampling failed; the next try follows", e);
                }
            }
        } catch (InterruptedException e) {
            return; // closed
        }
    }

    /** One round. */
    void sample() {
        KernelFiles files = new KernelFiles(parts.kept());
        Set<String> running = new HashSet<>();
        Set<String> rated = new HashSet<>();
        for (Container container : parts.state().containers().all()) {
            if (!container.status().isRunning()) {
                continue;
            }
            running.add(container.id());
            rated.add(container.id());
            rated.add(container.sandboxId());
            long now = System.nanoTime();
            if (parts.rates().isDue(container.id(), now, INTERVAL.toNanos() / 2)) {
                parts.cgroups().cpuNanos(files, container.cgroup()).ifPresent(cpu -> look(container, now, cpu));
            }
        }
        sampleSandboxes(files);
        parts.state().sandboxes().all().forEach(sandbox -> rated.add(sandbox.id()));
        parts.rates().keepOnly(rated);
        parts.kept().closeUnused(System.nanoTime());
        parts.layers().refresh(running);
        if (System.nanoTime() - metricsReadAt < METRICS_INTEREST.toNanos()) {
            parts.processes().refresh(running);
        } else {
            parts.processes().clear();
        }
    }

    private void sampleSandboxes(KernelFiles files) {
        PodCgroups podCgroups = new PodCgroups(parts.state().sandboxes().all());
        for (PodSandbox sandbox : parts.state().sandboxes().all()) {
            long now = System.nanoTime();
            if (!sandbox.isReady() || !parts.rates().isDue(sandbox.id(), now, INTERVAL.toNanos() / 2)) {
                continue;
            }
            cpuNanos(files, sandbox, podCgroups.of(sandbox)).ifPresent(cpu -> {
                var unused = parts.rates().observe(sandbox.id(), now, cpu, parts.ageNanos(sandbox.createdAt()));
            });
        }
    }

    /** CPU time of the pod's cgroup, or of its parts. */
    private OptionalLong cpuNanos(KernelFiles files, PodSandbox sandbox, @Nullable String podCgroup) {
        if (podCgroup != null) {
            return parts.cgroups().cpuNanos(files, podCgroup);
        }
        OptionalLong own = parts.cgroups().cpuNanos(files, sandbox.cgroup());
        if (own.isEmpty()) {
            return own;
        }
        long total = own.getAsLong();
        for (Container container : parts.state().containersOf(sandbox.id())) {
            if (container.status().isRunning()) {
                total += parts.cgroups().cpuNanos(files, container.cgroup()).orElse(0);
            }
        }
        return OptionalLong.of(total);
    }

    private void look(Container container, long now, long cpuNanos) {
        var unused = parts.rates()
                .observe(
                        container.id(),
                        now,
                        cpuNanos,
                        parts.ageNanos(container.status().startedAt()));
    }

    @Override
    public void close() {
        Thread running = thread;
        if (running != null) {
            running.interrupt();
        }
    }
}
