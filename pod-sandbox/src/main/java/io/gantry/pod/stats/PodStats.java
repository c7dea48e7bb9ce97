package io.gantry.pod.stats;

import io.gantry.image.snapshot.SnapshotUsage;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.Syscalls;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.PodState;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What sandboxes and containers use: the façade of this package. Reads never wait for an operation that is under way; a list
 * has what runs, and one that ends meanwhile is left out of it.
 */
public final class PodStats implements AutoCloseable {
    /** How long one call waits for all disk usage that was never measured. */
    private static final Duration PATIENCE = Duration.ofMillis(50);

    private static final Logger log = LoggerFactory.getLogger(PodStats.class);

    private final StatsParts parts;
    private final StatsSampler sampler;

    PodStats(StatsParts parts) {
        this.parts = parts;
        this.sampler = new StatsSampler(parts);
    }

    /**
     * Stats of this host's sandboxes.
     *
     * @param diskUsage of a container's writable layer; may walk through it
     * @param root a directory on the file system of the writable layers
     * @param executor for what is measured beside the calls
     */
    public static PodStats of(
            PodState state,
            HostFacts host,
            Function<String, Optional<SnapshotUsage>> diskUsage,
            Path root,
            Syscalls syscalls,
            Executor executor,
            Clock clock) {
        return new PodStats(StatsParts.of(state, host, diskUsage, root, syscalls, executor, clock));
    }

    /** Begins to sample beside the calls. */
    public void start() {
        sampler.start();
    }

    /**
     * ContainerStats. Of a container that does not run, only its disk usage is told.
     *
     * @throws GantryException NOT_FOUND for an unknown id
     */
    public ContainerUsage container(String id) throws InterruptedException {
        Container container = parts.state()
                .findContainer(id)
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.NOT_FOUND, "read stats of container " + id, "there is no container of that id"));
        return new Pass().usage(container);
    }

    /** ListContainerStats: of those that run and match, whatever phase the filter names. */
    public List<ContainerUsage> containers(ContainerFilter filter) throws InterruptedException {
        Pass pass = new Pass();
        List<ContainerUsage> usages = new ArrayList<>();
        for (Container container : parts.state().containers().all()) {
            if (container.status().isRunning() && filter.matches(container)) {
                pass.addRunning(container, usages);
            }
        }
        return usages;
    }

    /**
     * PodSandboxStats. Of a sandbox that is not ready, nothing but what it is is told.
     *
     * @throws GantryException NOT_FOUND for an unknown id
     */
    public SandboxUsage sandbox(String id) throws InterruptedException {
        PodSandbox sandbox = parts.state()
                .findSandbox(id)
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.NOT_FOUND, "read stats of pod sandbox " + id, "there is no sandbox of that id"));
        Pass pass = new Pass();
        SandboxUsage usage = sandbox.isReady() ? pass.usage(sandbox) : null;
        return usage == null ? new SandboxUsage(sandbox, null, null, null, List.of(), 0, List.of()) : usage;
    }

    /** ListPodSandboxStats: of those that are ready and match. */
    public List<SandboxUsage> sandboxes(SandboxFilter filter) throws InterruptedException {
        Pass pass = new Pass();
        List<SandboxUsage> usages = new ArrayList<>();
        for (PodSandbox sandbox : parts.state().sandboxes().all()) {
            if (!sandbox.isReady() || !filter.matches(sandbox)) {
                continue;
            }
            try {
                SandboxUsage usage = pass.usage(sandbox);
                if (usage != null) {
                    usages.add(usage);
                }
            } catch (RuntimeException e) {
                log.warn("stats of a sandbox left out: sandbox={}", sandbox.id(), e);
            }
        }
        return usages;
    }

    /** ListPodSandboxMetrics: all that is known of the sandboxes that are ready and the containers that run. */
    public List<SandboxFigures> figures() throws InterruptedException {
        sampler.metricsRead();
        Pass pass = new Pass();
        List<SandboxFigures> figures = new ArrayList<>();
        for (PodSandbox sandbox : parts.state().sandboxes().all()) {
            if (!sandbox.isReady()) {
                continue;
            }
            try {
                figures.add(pass.figures(sandbox));
            } catch (RuntimeException e) {
                log.warn("metrics of a sandbox left out: sandbox={}", sandbox.id(), e);
            }
        }
        return figures;
    }

    /** The file system that the writable layers are on, as it is now. */
    public FilesystemFigures filesystem() {
        return parts.filesystems().get();
    }

    /** One call: its buffer, its patience, and which container is where. */
    private final class Pass {
        private final KernelFiles files = new KernelFiles();
        private final long patienceEnds = System.nanoTime() + PATIENCE.toNanos();
        private final PodCgroups podCgroups =
                new PodCgroups(parts.state().sandboxes().all());
        private @Nullable Map<String, List<Container>> running;

        /** One that cannot be read is left out, and the others are told. */
        void addRunning(Container container, List<ContainerUsage> usages) throws InterruptedException {
            try {
                ContainerUsage usage = usage(container);
                if (usage.cgroup() != null) {
                    usages.add(usage);
                }
            } catch (RuntimeException e) {
                log.warn("stats of a container left out: container={}", container.id(), e);
            }
        }

        ContainerUsage usage(Container container) throws InterruptedException {
            CgroupUsage cgroup = null;
            if (container.status().isRunning()) {
                cgroup = parts.cgroups().usage(files, container.cgroup(), parts.now());
            }
            Long nanoCores = null;
            if (cgroup != null) {
                nanoCores = boxed(parts.rates()
                        .observe(
                                container.id(),
                                System.nanoTime(),
                                cgroup.cpuNanos(),
                                parts.ageNanos(container.status().startedAt())));
            }
            LinuxResources resources = container.resources();
            long limit = resources.memoryLimit();
            long both = resources.memorySwapLimit();
            return new ContainerUsage(
                    container,
                    cgroup,
                    nanoCores,
                    limit > 0 ? Long.valueOf(limit) : null,
                    limit > 0 && both >= limit ? Long.valueOf(both - limit) : null,
                    writableLayer(container).orElse(null),
                    parts.filesystem());
        }

        private Optional<SnapshotUsage> writableLayer(Container container) throws InterruptedException {
            return parts.layers().get(container.id(), patience());
        }

        private Duration patience() {
            return Duration.ofNanos(Math.max(0, patienceEnds - System.nanoTime()));
        }

        /** Null when it has just ended. */
        @Nullable SandboxUsage usage(PodSandbox sandbox) throws InterruptedException {
            List<ContainerUsage> containers = new ArrayList<>();
            List<Container> inside = running().getOrDefault(sandbox.id(), List.of());
            for (Container container : inside) {
                addRunning(container, containers);
            }
            CgroupUsage total = total(sandbox, containers);
            if (total == null) {
                return null;
            }
            long processes = processes(sandbox.cgroup());
            for (Container container : inside) {
                processes += processes(container.cgroup());
            }
            LinuxResources resources = sandbox.config().resources();
            return new SandboxUsage(
                    sandbox,
                    total,
                    boxed(parts.rates()
                            .observe(
                                    sandbox.id(),
                                    System.nanoTime(),
                                    total.cpuNanos(),
                                    parts.ageNanos(sandbox.createdAt()))),
                    resources != null && resources.memoryLimit() > 0 ? Long.valueOf(resources.memoryLimit()) : null,
                    parts.networks().interfaces(files, sandbox),
                    processes,
                    containers);
        }

        private @Nullable CgroupUsage total(PodSandbox sandbox, List<ContainerUsage> containers) {
            Instant now = parts.now();
            String podCgroup = podCgroups.of(sandbox);
            if (podCgroup != null) {
                return parts.cgroups().usage(files, podCgroup, now);
            }
            CgroupUsage total = parts.cgroups().usage(files, sandbox.cgroup(), now);
            for (ContainerUsage container : containers) {
                if (total != null && container.cgroup() != null) {
                    total = total.plus(container.cgroup());
                }
            }
            return total;
        }

        private long processes(String cgroup) {
            String pids = parts.cgroups().processes(files, cgroup);
            return pids == null ? 0 : pids.chars().filter(c -> c == '\n').count();
        }

        SandboxFigures figures(PodSandbox sandbox) throws InterruptedException {
            List<ContainerFigures> containers = new ArrayList<>();
            for (Container container : running().getOrDefault(sandbox.id(), List.of())) {
                try {
                    ContainerFigures figures = figures(container);
                    if (figures != null) {
                        containers.add(figures);
                    }
                } catch (RuntimeException e) {
                    log.warn("metrics of a container left out: container={}", container.id(), e);
                }
            }
            String podCgroup = podCgroups.of(sandbox);
            return new SandboxFigures(
                    sandbox,
                    podCgroup == null ? "" : podCgroup,
                    podCgroup == null ? null : parts.cgroups().figures(files, podCgroup, parts.now()),
                    parts.networks().interfaces(files, sandbox),
                    containers);
        }

        private @Nullable ContainerFigures figures(Container container) throws InterruptedException {
            Instant now = parts.now();
            CgroupFigures figures = parts.cgroups().figures(files, container.cgroup(), now);
            if (figures == null) {
                return null;
            }
            long shares = container.resources().cpuShares();
            Optional<ProcessCounts> processes = parts.processes().get(container.id(), patience());
            return new ContainerFigures(
                    container,
                    now,
                    // The weight of cgroup v2 is coarser than what was asked for.
                    shares > 0 ? figures.with(Figure.SPEC_CPU_SHARES, shares) : figures,
                    processes.orElse(null),
                    writableLayer(container).orElse(null));
        }

        private Map<String, List<Container>> running() {
            Map<String, List<Container>> known = running;
            if (known == null) {
                known = new HashMap<>();
                for (Container container : parts.state().containers().all()) {
                    if (container.status().isRunning()) {
                        known.computeIfAbsent(container.sandboxId(), id -> new ArrayList<>())
                                .add(container);
                    }
                }
                running = known;
            }
            return known;
        }
    }

    private static @Nullable Long boxed(OptionalLong value) {
        return value.isPresent() ? Long.valueOf(value.getAsLong()) : null;
    }

    @Override
    public void close() {
        sampler.close();
    }
}
