package io.gantry.pod.container;

import io.gantry.pod.cgroup.Cgroups;
import io.gantry.pod.spec.HostLimits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The oom_score_adj of a container that runs: that of each of its processes (proc_pid_oom_score_adj(5)). */
final class OomScores {
    private static final Logger log = LoggerFactory.getLogger(OomScores.class);

    /** A process that starts meanwhile may have the score of a parent that did not have the new one yet. */
    private static final int ROUNDS = 2;

    private final Cgroups cgroups;
    private final HostLimits host;

    OomScores(Cgroups cgroups, HostLimits host) {
        this.cgroups = cgroups;
        this.host = host;
    }

    /**
     * Sets the score of all processes in a cgroup, raised to the lowest that this daemon may set. Processes that end meanwhile
     * are no error; a score that cannot be set is a line in the log.
     */
    void set(String containerId, String cgroup, long score) {
        long clamped = Math.max(score, host.oomScoreAdjFloor());
        if (clamped != score) {
            log.warn(
                    "container={} oom_score_adj {} is raised to {}: the daemon may not go lower without CAP_SYS_RESOURCE",
                    containerId,
                    score,
                    clamped);
        }
        for (int round = 0; round < ROUNDS; round++) {
            for (int pid : cgroups.processes(cgroup)) {
                set(containerId, pid, clamped);
            }
        }
    }

    private static void set(String containerId, int pid, long score) {
        Path file = Path.of("/proc", Integer.toString(pid), "oom_score_adj");
        String text = Long.toString(score);
        try {
            if (!Files.readString(file).strip().equals(text)) {
                Files.writeString(file, text);
            }
        } catch (NoSuchFileException e) {
            log.trace("process {} has ended", pid);
        } catch (IOException e) {
            if (Files.exists(file)) {
                log.warn("container={} cannot set {}: {}", containerId, file, e.getMessage());
            }
        }
    }
}
