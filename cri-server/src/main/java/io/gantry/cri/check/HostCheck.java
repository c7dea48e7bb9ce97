package io.gantry.cri.check;

import io.gantry.cri.config.GantryConfig;
import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.pod.spec.HostLimits;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/** Looks at this host without changing it. */
public final class HostCheck {
    /** What mounting, namespaces, cgroups and network need (capabilities(7)). */
    private static final List<String> NEEDED_CAPABILITIES = List.of(
            "CAP_SYS_ADMIN",
            "CAP_NET_ADMIN",
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_FOWNER",
            "CAP_MKNOD",
            "CAP_SETUID",
            "CAP_SETGID",
            "CAP_KILL");

    /** Subjects without which the daemon would not answer a single call well. */
    public static final Set<String> ESSENTIAL =
            Set.of("privileges", "kernel", "cgroups", "overlayfs", "root directory", "state directory");

    private static final List<String> NEEDED_CONTROLLERS = List.of("memory", "cpu", "pids");

    private final GantryConfig config;
    private final HostFacts host;
    private final Optional<Path> pauseProgram;
    private final PackageHint packages;

    /** @param pauseProgram where the pause program would be looked for, if that is known */
    public HostCheck(GantryConfig config, HostFacts host, Optional<Path> pauseProgram) {
        this(config, host, pauseProgram, PackageHint.ofHost());
    }

    HostCheck(GantryConfig config, HostFacts host, Optional<Path> pauseProgram, PackageHint packages) {
        this.config = config;
        this.host = host;
        this.pauseProgram = pauseProgram;
        this.packages = packages;
    }

    /** What a start of the daemon looks at: every finding, the good ones too, that needs no program to be run. */
    public List<Finding> run() {
        return collect(new ProgramFiles(config.runtime(), host, packages).run(), List.of());
    }

    /** Every finding: programs are run, and files are read that only a container or a pull would read. */
    public List<Finding> runThorough(ProcessRunner runner) throws InterruptedException {
        return collect(
                new ProgramRuns(config, host, packages, runner).run(),
                new FileCheck(config, host.appArmor(), HostLimits.APPARMOR_PROFILES).run());
    }

    /** In the order in which one would put things right. */
    private List<Finding> collect(List<Finding> programs, List<Finding> files) {
        List<Finding> findings = new ArrayList<>();
        findings.add(privileges());
        findings.add(kernel());
        findings.add(cgroups());
        findings.add(overlay());
        findings.add(directory("root", config.root()));
        findings.add(directory("state", config.state()));
        findings.addAll(programs);
        findings.add(pause());
        findings.addAll(new NetworkCheck(config.network(), packages).run());
        findings.add(iptables());
        findings.add(seccomp());
        findings.add(resourceCapability());
        findings.addAll(files);
        return findings;
    }

    private Finding privileges() {
        Set<String> lacking = new TreeSet<>(NEEDED_CAPABILITIES);
        lacking.removeAll(host.effectiveCapabilities());
        if (lacking.isEmpty()) {
            return Finding.ok("privileges", host.root() ? "root" : "all capabilities that are needed");
        }
        return Finding.missing(
                "privileges",
                "without " + String.join(", ", lacking) + " namespaces and mounts cannot be made",
                host.root()
                        ? "run it outside of the container that took them away, or give them to that container"
                        : "run it as root");
    }

    private Finding kernel() {
        String version = host.kernelVersion();
        return host.kernelAtLeast(5, 6)
                ? Finding.ok("kernel", version)
                : Finding.missing(
                        "kernel", version + " has no openat2(2) and pidfd(2), which came with 5.6", "boot a newer one");
    }

    private Finding cgroups() {
        if (host.cgroupMode() == CgroupMode.V2) {
            return Finding.ok("cgroups", "v2");
        }
        Set<String> lacking = new TreeSet<>(NEEDED_CONTROLLERS);
        lacking.removeAll(host.cgroupControllers().keySet());
        return lacking.isEmpty()
                ? Finding.ok("cgroups", "v1" + (host.cgroupMode() == CgroupMode.HYBRID ? " (hybrid)" : ""))
                : Finding.missing(
                        "cgroups",
                        "the controllers " + String.join(", ", lacking) + " are not mounted",
                        "mount cgroup2 on /sys/fs/cgroup: mount -t cgroup2 none /sys/fs/cgroup");
    }

    private Finding overlay() {
        return host.overlay()
                ? Finding.ok("overlayfs", "in the kernel")
                : Finding.missing(
                        "overlayfs", "not in the kernel, so that no image can be mounted", "modprobe overlay");
    }

    private Finding directory(String key, Path path) {
        Path existing = path;
        while (existing.getParent() != null && !Files.exists(existing)) {
            existing = existing.getParent();
        }
        return Files.isDirectory(existing) && Files.isWritable(existing)
                ? Finding.ok(key + " directory", path.toString())
                : Finding.missing(
                        key + " directory",
                        existing + " is not a directory that can be written to",
                        "run as root, or set another path as " + key + " in gantry.toml");
    }

    private Finding pause() {
        return pauseProgram
                .filter(Files::isExecutable)
                .map(path -> Finding.ok("pause program", path.toString()))
                .orElseGet(() -> Finding.missing(
                        "pause program",
                        pauseProgram
                                .map(path -> path + " is not an executable file")
                                .orElse("it is not known where it is"),
                        "install Gantry as a whole, or set runtime.pause in gantry.toml"));
    }

    private Finding iptables() {
        return host.findProgram("iptables")
                .or(() -> host.findProgram("nft"))
                .map(path -> Finding.ok("iptables", path.toString()))
                .orElseGet(() -> Finding.warning(
                        "iptables",
                        "neither iptables nor nft is there; host ports and masquerading need one",
                        packages.install("iptables")));
    }

    private Finding seccomp() {
        return host.seccomp()
                ? Finding.ok("seccomp", "in the kernel")
                : Finding.warning(
                        "seccomp",
                        "not in the kernel; containers run without a seccomp profile",
                        "boot another kernel");
    }

    private Finding resourceCapability() {
        return host.mayLowerOomScore()
                ? Finding.ok("CAP_SYS_RESOURCE", "given")
                : Finding.warning(
                        "CAP_SYS_RESOURCE",
                        "not given; oom_score_adj below " + host.oomScoreAdj() + " cannot be set and is raised to that",
                        "run it outside of the container that took it away");
    }
}
