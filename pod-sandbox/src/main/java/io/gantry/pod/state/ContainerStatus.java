package io.gantry.pod.state;

import io.gantry.platform.linux.ProcessIdentity;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * What a container is doing. Operations ask it ({@link #canStart()}), they do not compare phases.
 *
 * @param init its first process, null before it was created, and before it was restored from a checkpoint
 * @param monitor its conmon, null as long
 * @param exitCode meaningful once EXITED: 0 to 255
 * @param reason CRI reason once EXITED: Completed, Error, OOMKilled, ContainerCannotRun, MonitorLost
 * @param message for people, or empty
 * @param foreignOomKills how many of the OOM kills that its cgroup's parent counts of children that are gone are known not to be
 *     its own; null where nobody keeps count: before it is started, and where its cgroup stays until it is cleaned up
 */
public record ContainerStatus(
        ContainerPhase phase,
        Instant createdAt,
        @Nullable Instant startedAt,
        @Nullable Instant finishedAt,
        @Nullable ProcessIdentity init,
        @Nullable ProcessIdentity monitor,
        int exitCode,
        String reason,
        String message,
        @Nullable Long foreignOomKills) {
    /** A container whose record was just written. */
    public static ContainerStatus creating(Instant createdAt) {
        return new ContainerStatus(ContainerPhase.CREATING, createdAt, null, null, null, null, 0, "", "", null);
    }

    public boolean canStart() {
        return phase == ContainerPhase.CREATED;
    }

    /** Created without processes: its start restores them from a checkpoint. */
    public boolean awaitsRestore() {
        return phase == ContainerPhase.CREATED && init == null;
    }

    public boolean isRunning() {
        return phase == ContainerPhase.RUNNING;
    }

    /** Whether a process of it may exist. */
    public boolean mayHaveProcess() {
        return phase == ContainerPhase.CREATED || phase == ContainerPhase.RUNNING;
    }

    public boolean isExited() {
        return phase == ContainerPhase.EXITED;
    }

    public ContainerStatus created(ProcessIdentity newInit, @Nullable ProcessIdentity newMonitor) {
        return new ContainerStatus(
                ContainerPhase.CREATED, createdAt, null, null, newInit, newMonitor, 0, "", "", foreignOomKills);
    }

    /** Created, with its processes still to be restored. */
    public ContainerStatus createdToRestore() {
        return new ContainerStatus(ContainerPhase.CREATED, createdAt, null, null, null, null, 0, "", "", null);
    }

    /** Its processes were restored and run. */
    public ContainerStatus restored(Instant at, ProcessIdentity newInit, @Nullable ProcessIdentity newMonitor) {
        return new ContainerStatus(
                ContainerPhase.RUNNING, createdAt, at, null, newInit, newMonitor, 0, "", "", foreignOomKills);
    }

    /** Still created, and its start was begun: after a crash the OCI runtime must be asked whether it succeeded. */
    public ContainerStatus starting(Instant at) {
        return new ContainerStatus(
                ContainerPhase.CREATED, createdAt, at, null, init, monitor, 0, "", "", foreignOomKills);
    }

    /** Created, and not started after all. */
    public ContainerStatus notStarted() {
        return new ContainerStatus(
                ContainerPhase.CREATED, createdAt, null, null, init, monitor, 0, "", "", foreignOomKills);
    }

    /** Whether a start was begun whose end is not known. */
    public boolean isStartUnsettled() {
        return phase == ContainerPhase.CREATED && startedAt != null;
    }

    public ContainerStatus running(Instant at) {
        return new ContainerStatus(
                ContainerPhase.RUNNING, createdAt, at, null, init, monitor, 0, "", "", foreignOomKills);
    }

    public ContainerStatus exited(Instant at, int code, String why, String text) {
        return new ContainerStatus(
                ContainerPhase.EXITED, createdAt, startedAt, at, init, monitor, code, why, text, foreignOomKills);
    }

    public ContainerStatus withForeignOomKills(@Nullable Long count) {
        return new ContainerStatus(
                phase, createdAt, startedAt, finishedAt, init, monitor, exitCode, reason, message, count);
    }
}
