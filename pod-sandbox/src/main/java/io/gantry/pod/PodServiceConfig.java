package io.gantry.pod;

import io.gantry.pod.runtime.HandlerConfig;
import io.gantry.pod.spec.Rlimit;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Settings of pod-sandbox.
 *
 * @param root what must survive a reboot
 * @param state what belongs to running processes; on a tmpfs
 * @param pauseProgram path of gantry-pause
 * @param conmon conmon's path or its name in PATH
 * @param handlers runtime handlers by name
 * @param defaultHandler name of the default, or empty for the first that works of crun and runc
 * @param cgroupDriver {@code systemd}, {@code cgroupfs}, or empty to find out
 * @param logSizeMax bytes after which conmon starts a log anew; negative for never, since the kubelet rotates
 * @param operationTimeout how long one run of an OCI runtime may take
 * @param cdiSpecDirs directories of CDI specifications, a later one winning over an earlier one
 * @param defaultRlimits of processes whose specification has none, each resource at most once
 */
public record PodServiceConfig(
        Path root,
        Path state,
        Path pauseProgram,
        String conmon,
        Map<String, HandlerConfig> handlers,
        String defaultHandler,
        String cgroupDriver,
        long logSizeMax,
        Duration operationTimeout,
        List<Path> cdiSpecDirs,
        List<Rlimit> defaultRlimits) {
    public PodServiceConfig {
        handlers = Map.copyOf(handlers);
        cdiSpecDirs = List.copyOf(cdiSpecDirs);
        defaultRlimits = List.copyOf(defaultRlimits);
    }
}
