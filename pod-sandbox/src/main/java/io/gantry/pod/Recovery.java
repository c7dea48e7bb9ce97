package io.gantry.pod;

import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.storage.Corrupt;
import io.gantry.pod.container.Containers;
import io.gantry.pod.monitor.ExitFiles;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.PodState;
import io.gantry.pod.state.SandboxState;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a start of the daemon does before the first call: reads all records and holds them against exit files and pidfds. It
 * runs no process and touches no mount; what has to be cleaned up is left to {@link Reconciler}.
 */
final class Recovery {
    /** CRI reason of a container whose exit code nobody has seen. */
    private static final String UNKNOWN = "Unknown";

    private static final Logger log = LoggerFactory.getLogger(Recovery.class);

    private final PodState state;
    private final Containers containers;
    private final ExitFiles exits;
    private final String bootId;
    private final Clock clock;

    Recovery(PodState state, Containers containers, ExitFiles exits, String bootId, Clock clock) {
        this.state = state;
        this.containers = containers;
        this.exits = exits;
        this.bootId = bootId;
        this.clock = clock;
    }

    void execute() {
        List<Corrupt> unused = state.load();
        state.sandboxes().all().forEach(this::settle);
        state.containers().all().forEach(this::settle);
        log.info(
                "recovered: sandboxes={} containers={}",
                state.sandboxes().all().size(),
                state.containers().all().size());
    }

    /** A sandbox whose pause process is gone is not ready any more; StopPodSandbox gives back what it still holds. */
    private void settle(PodSandbox sandbox) {
        if (!sandbox.isReady() || isAlive(sandbox)) {
            return;
        }
        log.warn("sandbox is not running any more: sandbox={} sameBoot={}", sandbox.id(), isThisBoot(sandbox.bootId()));
        var unused = state.sandboxes().update(sandbox.id(), current -> current.withState(SandboxState.STOPPING));
    }

    private void settle(Container container) {
        if (!container.status().mayHaveProcess()) {
            return;
        }
        Optional<ExitFiles.Exit> exit = exits.read(container.id());
        if (exit.isPresent() || isThisBoot(container.bootId())) {
            containers.exits().recover(container, exit);
        } else {
            var unused = state.containers()
                    .update(
                            container.id(),
                            current -> current.withStatus(current.status()
                                    .exited(clock.instant(), 255, UNKNOWN, "the node was rebooted while it ran")));
        }
    }

    private boolean isAlive(PodSandbox sandbox) {
        ProcessIdentity pause = sandbox.pause();
        if (pause == null || !isThisBoot(sandbox.bootId())) {
            return false;
        }
        try (PidFd process = PidFd.open(pause).orElse(null)) {
            // An ended process keeps its identity until init has reaped it.
            return process != null && process.isAlive();
        }
    }

    private boolean isThisBoot(String recorded) {
        return recorded.equals(bootId);
    }
}
