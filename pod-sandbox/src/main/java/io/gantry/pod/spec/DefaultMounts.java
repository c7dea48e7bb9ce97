package io.gantry.pod.spec;

import io.gantry.pod.config.NamespaceMode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** The mounts that every container has: kernel file systems, and the files that the pod's containers share. */
final class DefaultMounts {
    private final SpecContext context;

    DefaultMounts(SpecContext context) {
        this.context = context;
    }

    List<OciMount> build() {
        JsonNode base = context.base("/mounts");
        List<OciMount> mounts = new ArrayList<>(
                base.isArray() ? base.valueStream().map(OciMount::parse).toList() : kernelFileSystems());
        PodPaths paths = context.request().paths();
        String access = context.security().readOnlyRootfs() ? "ro" : "rw";
        addFile(mounts, "/etc/resolv.conf", paths.resolvConf(), access);
        addFile(mounts, "/etc/hostname", paths.hostname(), access);
        Path shm = paths.shm() == null ? Path.of("/dev/shm") : paths.shm();
        mounts.add(OciMount.of("/dev/shm", "bind", shm.toString(), List.of("rbind", "rprivate", "rw")));
        return mounts;
    }

    private List<OciMount> kernelFileSystems() {
        String access = context.isPrivileged() ? "rw" : "ro";
        List<OciMount> mounts = new ArrayList<>();
        mounts.add(OciMount.of("/proc", "proc", "proc", List.of("nosuid", "noexec", "nodev")));
        mounts.add(OciMount.of("/dev", "tmpfs", "tmpfs", List.of("nosuid", "strictatime", "mode=755", "size=65536k")));
        mounts.add(OciMount.of(
                "/dev/pts",
                "devpts",
                "devpts",
                List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")));
        mounts.add(OciMount.of("/dev/mqueue", "mqueue", "mqueue", List.of("nosuid", "noexec", "nodev")));
        mounts.add(sysfs(access));
        mounts.add(OciMount.of(
                "/sys/fs/cgroup", "cgroup", "cgroup", List.of("nosuid", "noexec", "nodev", "relatime", access)));
        return mounts;
    }

    /** A user namespace may mount sysfs only for a network namespace that it owns, so the host's network needs a bind. */
    private OciMount sysfs(String access) {
        boolean hostNetwork = context.request().pod().security().namespaces().network() == NamespaceMode.NODE;
        if (hostNetwork && context.request().pod().security().namespaces().usesUserNamespace()) {
            return OciMount.of("/sys", "bind", "/sys", List.of("rbind", "nosuid", "noexec", "nodev", access));
        }
        return OciMount.of("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", access));
    }

    private static void addFile(List<OciMount> mounts, String destination, @Nullable Path source, String access) {
        if (source != null) {
            mounts.add(OciMount.of(destination, "bind", source.toString(), List.of("rbind", "rprivate", access)));
        }
    }
}
