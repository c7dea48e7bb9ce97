package io.gantry.pod.stats;

import io.gantry.image.snapshot.SnapshotUsage;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.Syscalls;
import io.gantry.pod.state.PodState;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What stats and metrics are read with, made once.
 *
 * @param layers disk usage of writable layers by container id
 * @param processes what the processes of containers hold, by container id
 * @param filesystems of the writable layers
 */
record StatsParts(
        PodState state,
        CgroupReader cgroups,
        PodNetworkReader networks,
        CpuRates rates,
        Recent<ContainerUsage> recentContainers,
        Recent<SandboxUsage> recentSandboxes,
        Measured<SnapshotUsage> layers,
        Measured<ProcessCounts> processes,
        FilesystemReader filesystems,
        Clock clock) {
    /**
     * The parts for this host.
     *
     * @param diskUsage of a container's writable layer; may walk it
     * @param executor for what is measured beside the calls
     */
    static StatsParts of(
            PodState state,
            HostFacts host,
            Function<String, Optional<SnapshotUsage>> diskUsage,
            Path root,
            Syscalls syscalls,
            Executor executor,
            Clock clock) {
        CgroupReader cgroups = CgroupReader.of(host);
        ProcessReader reader = new ProcessReader(Path.of("/proc"));
        return new StatsParts(
                state,
                cgroups,
                new PodNetworkReader("/proc"),
                new CpuRates(),
                new Recent<>(),
                new Recent<>(),
                new Measured<>(diskUsage, executor),
                new Measured<>(id -> processCounts(state, cgroups, reader, id), executor),
                FilesystemReader.of(root, syscalls),
                clock);
    }

    private static Optional<ProcessCounts> processCounts(
            PodState state, CgroupReader cgroups, ProcessReader reader, String id) {
        KernelFiles files = new KernelFiles();
        return state.containers().find(id).flatMap(container -> {
            var init = container.status().init();
            String pids = cgroups.processes(files, container.cgroup());
            return pids == null || init == null ? Optional.empty() : Optional.of(reader.count(files, pids, init.pid()));
        });
    }

    /** A path on the file system of the writable layers. */
    String filesystem() {
        return filesystems.root();
    }

    Instant now() {
        return clock.instant();
    }

    /** Time since then; long ago when it is not known. */
    long ageNanos(@Nullable Instant since) {
        return since == null
                ? Long.MAX_VALUE
                : Math.max(0, Duration.between(since, now()).toNanos());
    }
}
