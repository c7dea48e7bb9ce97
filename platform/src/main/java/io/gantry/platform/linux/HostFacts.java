package io.gantry.platform.linux;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What this host is and allows, read once at start. Anything that may differ between nodes is asked for here, never
 * assumed.
 *
 * @param kernelVersion {@code uname -r}
 * @param bootId changes with every boot
 * @param root whether the effective user is 0
 * @param effectiveCapabilities names such as {@code CAP_SYS_ADMIN}
 * @param boundingCapabilities what may be granted to children
 * @param cgroupMode how cgroups are mounted
 * @param cgroupControllers v1 controllers, {@code name=systemd} included, and where each is mounted
 * @param cgroup2 where the v2 hierarchy is mounted, if it is
 * @param mayLowerOomScore whether {@code oom_score_adj} below {@code oomScoreAdj} may be set (CAP_SYS_RESOURCE)
 * @param oomScoreAdj this process's own value
 * @param seccomp whether the kernel has seccomp filters
 * @param appArmor whether AppArmor is enabled
 * @param selinux whether SELinux is enabled
 * @param overlay whether the kernel has overlayfs, or the module that it loads at the first mount
 * @param systemd whether systemd is PID 1
 * @param programs where programs are looked up
 */
public record HostFacts(
        String kernelVersion,
        String bootId,
        boolean root,
        Set<String> effectiveCapabilities,
        Set<String> boundingCapabilities,
        CgroupMode cgroupMode,
        Map<String, Path> cgroupControllers,
        Optional<Path> cgroup2,
        boolean mayLowerOomScore,
        int oomScoreAdj,
        boolean seccomp,
        boolean appArmor,
        boolean selinux,
        boolean overlay,
        boolean systemd,
        List<Path> programs) {
    public HostFacts {
        effectiveCapabilities = Set.copyOf(effectiveCapabilities);
        boundingCapabilities = Set.copyOf(boundingCapabilities);
        cgroupControllers = Map.copyOf(cgroupControllers);
        programs = List.copyOf(programs);
    }

    /** Reads the facts from {@code /proc} and {@code /sys}. What cannot be read counts as not there. */
    public static HostFacts detect() {
        return HostProbe.ofHost().detect();
    }

    /** The first executable of that name in {@code PATH}; a name with a slash is looked at as it is. */
    public Optional<Path> findProgram(String name) {
        return ProgramSearch.find(programs, name);
    }

    /** Whether the version is at least {@code major.minor}. */
    public boolean kernelAtLeast(int major, int minor) {
        String[] parts = kernelVersion.split("[^0-9]", 3);
        try {
            int has = Integer.parseInt(parts[0]);
            return has > major || has == major && Integer.parseInt(parts[1]) >= minor;
        } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
            return false;
        }
    }
}
