package io.gantry.pod.spec;

import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What this host lets a container have. Specifications are clamped to it, with a warning, instead of failing in the
 * runtime: a daemon in a nested container has neither every capability nor the right to lower oom_score_adj.
 *
 * @param cgroupV2 whether the host has only cgroup v2
 * @param boundingCapabilities names such as {@code CAP_CHOWN} that the daemon can hand on
 * @param oomScoreAdjFloor lowest oom_score_adj that can be set: -1000 with CAP_SYS_RESOURCE, else the daemon's own
 * @param swapAccounting whether the memory controller limits swap
 * @param hugepageSizes page sizes whose use can be limited, as in cgroup file names: {@code 2MB}
 * @param recursiveReadOnly whether the kernel has mount_setattr(2), Linux 5.12
 * @param apparmorDefault the loaded profile that RuntimeDefault means, or null when none is loaded
 * @param architecture of the kernel, as Java's {@code os.arch}: {@code amd64}, {@code aarch64}
 */
public record HostLimits(
        boolean cgroupV2,
        Set<String> boundingCapabilities,
        int oomScoreAdjFloor,
        boolean swapAccounting,
        Set<String> hugepageSizes,
        boolean recursiveReadOnly,
        boolean seccomp,
        boolean apparmor,
        @Nullable String apparmorDefault,
        boolean selinux,
        String architecture) {
    public HostLimits {
        boundingCapabilities = Set.copyOf(boundingCapabilities);
        hugepageSizes = Set.copyOf(hugepageSizes);
    }

    /** The AppArmor profile that RuntimeDefault means, where it is loaded. */
    public static final String APPARMOR_DEFAULT = "gantry-default";

    /** Where the kernel lists the profiles that are loaded. */
    public static final Path APPARMOR_PROFILES = Path.of("/sys/kernel/security/apparmor/profiles");

    private static final int OOM_SCORE_ADJ_MIN = -1000;

    /** Reads what {@code facts} do not tell from /proc and /sys; what cannot be read counts as not there. */
    public static HostLimits of(HostFacts facts) {
        return new HostLimits(
                facts.cgroupMode() == CgroupMode.V2,
                facts.boundingCapabilities(),
                facts.mayLowerOomScore() ? OOM_SCORE_ADJ_MIN : facts.oomScoreAdj(),
                accountsSwap(facts),
                limitsHugepages(facts) ? sizesOfKernel() : Set.of(),
                facts.kernelAtLeast(5, 12),
                facts.seccomp(),
                facts.appArmor(),
                facts.appArmor() && isLoaded(APPARMOR_PROFILES, APPARMOR_DEFAULT) ? APPARMOR_DEFAULT : null,
                facts.selinux(),
                System.getProperty("os.arch"));
    }

    private static boolean accountsSwap(HostFacts facts) {
        if (facts.cgroupMode() == CgroupMode.V2) {
            return Files.exists(Path.of("/proc/swaps"));
        }
        Path memory = facts.cgroupControllers().get("memory");
        return memory != null && Files.exists(memory.resolve("memory.memsw.limit_in_bytes"));
    }

    /** Runtimes use a controller only on v2 alone, or where it is mounted as v1. */
    private static boolean limitsHugepages(HostFacts facts) {
        if (facts.cgroupMode() != CgroupMode.V2) {
            return facts.cgroupControllers().containsKey("hugetlb");
        }
        try {
            return facts.cgroup2().isPresent()
                    && Set.of(Files.readString(facts.cgroup2().get().resolve("cgroup.controllers"))
                                    .strip()
                                    .split(" ", -1))
                            .contains("hugetlb");
        } catch (IOException e) {
            return false;
        }
    }

    private static Set<String> sizesOfKernel() {
        Set<String> sizes = new HashSet<>();
        try (DirectoryStream<Path> directories =
                Files.newDirectoryStream(Path.of("/sys/kernel/mm/hugepages"), "hugepages-*kB")) {
            for (Path directory : directories) {
                String name = directory.getFileName().toString();
                sizes.add(hugepageName(Long.parseLong(name, "hugepages-".length(), name.length() - 2, 10)));
            }
        } catch (IOException e) {
            return Set.of();
        }
        return sizes;
    }

    /** The largest unit that divides it, as the kernel writes it in file names. */
    static String hugepageName(long kibibytes) {
        if (kibibytes % (1 << 20) == 0) {
            return (kibibytes >> 20) + "GB";
        }
        return kibibytes % (1 << 10) == 0 ? (kibibytes >> 10) + "MB" : kibibytes + "KB";
    }

    /** Whether the list of the kernel's AppArmor profiles has one of that name; one that cannot be read has none. */
    public static boolean isLoaded(Path profiles, String profile) {
        try {
            return Files.readAllLines(profiles).stream().anyMatch(line -> line.startsWith(profile + " ("));
        } catch (IOException e) {
            return false;
        }
    }
}
