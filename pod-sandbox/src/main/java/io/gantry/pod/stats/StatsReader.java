package io.gantry.pod.stats;

import io.gantry.image.snapshot.SnapshotUsage;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the figures of sandboxes and containers, one after the other, for one call. For one thread. */
final class StatsReader {
    private static final Logger log = LoggerFactory.getLogger(StatsReader.class);

    private final StatsParts parts;
    private final Census census;
    private final boolean recent;
    private final long patienceEnds;
    private final KernelFiles files = new KernelFiles();

    /**
     * @param recent whether figures that are a moment old will do
     * @param patienceEnds when to wait no longer for what is measured beside the call; of {@link System#nanoTime}
     */
    StatsReader(StatsParts parts, Census census, boolean recent, long patienceEnds) {
        this.parts = parts;
        this.census = census;
        this.recent = recent;
        this.patienceEnds = patienceEnds;
    }

    ContainerUsage usage(Container container) throws InterruptedException {
        ContainerUsage known = recent ? parts.recentContainers().get(container.id(), System.nanoTime()) : null;
        return known == null ? read(container) : known;
    }

    private ContainerUsage read(Container container) throws InterruptedException {
        CgroupUsage cgroup = null;
        Long nanoCores = null;
        long now = System.nanoTime();
        if (container.status().isRunning()) {
            cgroup = parts.cgroups().usage(files, container.cgroup(), parts.now());
        }
        if (cgroup != null) {
            nanoCores = boxed(parts.rates()
                    .observe(
                            container.id(),
                            now,
                            cgroup.cpuNanos(),
                            parts.ageNanos(container.status().startedAt())));
        }
        LinuxResources resources = container.resources();
        long limit = resources.memoryLimit();
        long both = resources.memorySwapLimit();
        ContainerUsage usage = new ContainerUsage(
                container,
                cgroup,
                nanoCores,
                limit > 0 ? Long.valueOf(limit) : null,
                limit > 0 && both >= limit ? Long.valueOf(both - limit) : null,
                writableLayer(container).orElse(null),
                parts.filesystem());
        if (cgroup != null) {
            parts.recentContainers().put(container.id(), usage, now);
        }
        return usage;
    }

    private Optional<SnapshotUsage> writableLayer(Container container) throws InterruptedException {
        return parts.layers().get(container.id(), patience());
    }

    private Duration patience() {
        return Duration.ofNanos(Math.max(0, patienceEnds - System.nanoTime()));
    }

    /** Null when it has just ended. */
    @Nullable
    SandboxUsage usage(PodSandbox sandbox) throws InterruptedException {
        SandboxUsage known = recent ? parts.recentSandboxes().get(sandbox.id(), System.nanoTime()) : null;
        return known == null ? read(sandbox) : known;
    }

    private @Nullable SandboxUsage read(PodSandbox sandbox) throws InterruptedException {
        List<ContainerUsage> containers = new ArrayList<>();
        for (Container container : census.running(sandbox)) {
            try {
                ContainerUsage usage = usage(container);
                if (usage.cgroup() != null) {
                    containers.add(usage);
                }
            } catch (RuntimeException e) {
                log.warn("stats of a container left out: container={}", container.id(), e);
            }
        }
        long now = System.nanoTime();
        CgroupUsage total = total(sandbox, containers);
        if (total == null) {
            return null;
        }
        String own = parts.cgroups().processes(files, sandbox.cgroup());
        long processes = KernelText.lines(own);
        for (Container container : census.running(sandbox)) {
            processes += KernelText.lines(parts.cgroups().processes(files, container.cgroup()));
        }
        LinuxResources resources = sandbox.config().resources();
        SandboxUsage usage = new SandboxUsage(
                sandbox,
                total,
                boxed(parts.rates().observe(sandbox.id(), now, total.cpuNanos(), parts.ageNanos(sandbox.createdAt()))),
                resources != null && resources.memoryLimit() > 0 ? Long.valueOf(resources.memoryLimit()) : null,
                parts.networks().interfaces(files, sandbox, own),
                processes,
                containers);
        parts.recentSandboxes().put(sandbox.id(), usage, now);
        return usage;
    }

    private @Nullable CgroupUsage total(PodSandbox sandbox, List<ContainerUsage> containers) {
        String podCgroup = census.podCgroups().of(sandbox);
        if (podCgroup != null) {
            return parts.cgroups().usage(files, podCgroup, parts.now());
        }
        CgroupUsage total = parts.cgroups().usage(files, sandbox.cgroup(), parts.now());
        for (ContainerUsage container : containers) {
            if (total != null && container.cgroup() != null) {
                total = total.plus(container.cgroup());
            }
        }
        return total;
    }

    SandboxFigures figures(PodSandbox sandbox) throws InterruptedException {
        List<ContainerFigures> containers = new ArrayList<>();
        for (Container container : census.running(sandbox)) {
            try {
                ContainerFigures figures = figures(container);
                if (figures != null) {
                    containers.add(figures);
                }
            } catch (RuntimeException e) {
                log.warn("metrics of a container left out: container={}", container.id(), e);
            }
        }
        String podCgroup = census.podCgroups().of(sandbox);
        return new SandboxFigures(
                sandbox,
                podCgroup == null ? "" : podCgroup,
                podCgroup == null ? null : parts.cgroups().figures(files, podCgroup, parts.now()),
                parts.networks().interfaces(files, sandbox, parts.cgroups().processes(files, sandbox.cgroup())),
                containers);
    }

    private @Nullable ContainerFigures figures(Container container) throws InterruptedException {
        CgroupFigures figures = parts.cgroups().figures(files, container.cgroup(), parts.now());
        if (figures == null) {
            return null;
        }
        long shares = container.resources().cpuShares();
        Optional<ProcessCounts> processes = parts.processes().get(container.id(), patience());
        return new ContainerFigures(
                container,
                parts.now(),
                // The weight of cgroup v2 is coarser than what was asked for.
                shares > 0 ? figures.with(Figure.SPEC_CPU_SHARES, shares) : figures,
                processes.orElse(null),
                writableLayer(container).orElse(null));
    }

    private static @Nullable Long boxed(OptionalLong value) {
        return value.isPresent() ? Long.valueOf(value.getAsLong()) : null;
    }
}
