package io.gantry.platform.linux;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads {@link HostFacts} from a file system root, which is {@code /} but in tests. */
record HostProbe(Path root, List<Path> programs) {
    static HostProbe ofHost() {
        return new HostProbe(Path.of("/"), ProgramSearch.ofDaemon());
    }

    HostFacts detect() {
        Map<String, String> status = status();
        Set<String> effective = Capabilities.ofMask(status.getOrDefault("CapEff", "0"));
        List<MountEntry> mounts = MountInfo.parse(text("proc/self/mountinfo"));
        Map<String, Path> controllers = controllers(mounts);
        Optional<Path> cgroup2 = mounts.stream()
                .filter(mount -> mount.type().equals("cgroup2"))
                .map(MountEntry::target)
                .findFirst();
        return new HostFacts(
                text("proc/sys/kernel/osrelease"),
                text("proc/sys/kernel/random/boot_id"),
                status.getOrDefault("Uid", "").split("\\s+", -1).length > 1
                        && status.getOrDefault("Uid", "").split("\\s+", -1)[1].equals("0"),
                effective,
                Capabilities.ofMask(status.getOrDefault("CapBnd", "0")),
                mode(controllers, cgroup2),
                controllers,
                cgroup2,
                effective.contains("CAP_SYS_RESOURCE"),
                number(text("proc/self/oom_score_adj")),
                status.containsKey("Seccomp"),
                text("sys/module/apparmor/parameters/enabled").equals("Y"),
                Files.exists(root.resolve("sys/fs/selinux/enforce")),
                overlay(text("proc/sys/kernel/osrelease")),
                Files.isDirectory(root.resolve("run/systemd/system")),
                programs);
    }

    /** A kernel that has overlayfs as a module loads it at the first mount and does not list it before. */
    private boolean overlay(String release) {
        return text("proc/filesystems").lines().anyMatch(line -> line.endsWith("\toverlay"))
                || text("lib/modules/" + release + "/modules.dep")
                        .lines()
                        .anyMatch(line -> line.matches(".*/overlay\\.ko(\\.\\w+)?:.*"));
    }

    private static CgroupMode mode(Map<String, Path> controllers, Optional<Path> cgroup2) {
        if (controllers.isEmpty()) {
            return cgroup2.isPresent() ? CgroupMode.V2 : CgroupMode.NONE;
        }
        return cgroup2.isPresent() ? CgroupMode.HYBRID : CgroupMode.V1;
    }

    /** Controllers are among the super options, where options that are none stand too. */
    private static Map<String, Path> controllers(List<MountEntry> mounts) {
        Set<String> known = Set.of(
                "cpu",
                "cpuacct",
                "cpuset",
                "memory",
                "devices",
                "freezer",
                "blkio",
                "pids",
                "net_cls",
                "net_prio",
                "perf_event",
                "hugetlb",
                "rdma",
                "misc");
        Map<String, Path> controllers = new LinkedHashMap<>();
        for (MountEntry mount : mounts) {
            if (mount.type().equals("cgroup")) {
                mount.superOptions().stream()
                        .filter(option -> known.contains(option) || option.startsWith("name="))
                        .forEach(option -> controllers.putIfAbsent(option, mount.target()));
            }
        }
        return controllers;
    }

    private Map<String, String> status() {
        Map<String, String> fields = new HashMap<>();
        text("proc/self/status").lines().forEach(line -> {
            int colon = line.indexOf(':');
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 1).strip());
            }
        });
        return fields;
    }

    private String text(String file) {
        try {
            return Files.readString(root.resolve(file)).strip();
        } catch (IOException e) {
            return "";
        }
    }

    private static int number(String text) {
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            return 0;
        }
    }
}
