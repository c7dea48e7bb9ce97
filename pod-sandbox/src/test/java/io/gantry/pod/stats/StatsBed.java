package io.gantry.pod.stats;

import io.gantry.image.snapshot.SnapshotUsage;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.PodState;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Stats over recorded cgroups of v1 in a test's directory. */
public final class StatsBed implements AutoCloseable {
    public static final LinuxResources LIMITS =
            new LinuxResources(0, 0, 700, 1 << 26, 0, "", "", List.of(), Map.of(), 1 << 27);

    public final TestDirectories directories = TestDirectories.create();
    public final PodState state;
    final StatsParts parts;
    public final PodStats stats;

    public StatsBed() {
        var unusedSandboxes = directories.dir("root/sandboxes");
        var unusedContainers = directories.dir("root/containers");
        state = new PodState(new PodPaths(
                directories.root().resolve("root"), directories.root().resolve("state")));
        parts = new StatsParts(
                state,
                RecordedCgroups.v1(directories),
                new PodNetworkReader(directories.root() + "/proc"),
                new CpuRates(),
                new KeptFiles(JnaSyscalls.instance(), 1024),
                new Measured<>(
                        id -> Optional.of(new SnapshotUsage(8192, 4, PodFixture.STARTED.plusSeconds(5))),
                        Runnable::run),
                new Measured<>(id -> Optional.of(new ProcessCounts(7, 1, 1024L)), Runnable::run),
                new FilesystemReader(directories.root().toString(), "/dev/vda", JnaSyscalls.instance()),
                Clock.fixed(Instant.ofEpochSecond(1_700_000_010), ZoneOffset.UTC));
        stats = new PodStats(parts);
    }

    public PodSandbox sandbox(String id, String uid, String parent) {
        PodSandbox sandbox = PodFixture.sandbox(id, uid, parent);
        RecordedCgroups.writeV1(directories, sandbox.cgroup());
        state.sandboxes().put(id, sandbox);
        return sandbox;
    }

    public Container container(String id, PodSandbox sandbox) {
        Container container =
                PodFixture.container(id, sandbox.id(), sandbox.config().cgroupParent(), LIMITS);
        RecordedCgroups.writeV1(directories, container.cgroup());
        state.containers().put(id, container);
        return container;
    }

    @Override
    public void close() {
        stats.close();
        directories.close();
    }
}
