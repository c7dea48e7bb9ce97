package io.gantry.pod.spec;

import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
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
        mounts.add(ofNamespace(NamespaceOptions::pid, "/proc", "proc"));
        mounts.add(OciMount.of("/dev", "tmpfs", "tmpfs", List.of("nosuid", "strictatime", "mode=755", "size=65536k")));
        mounts.add(OciMount.of(
                "/dev/pts",
                "devpts",
                "devpts",
                List.of("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")));
        mounts.add(ofNamespace(NamespaceOptions::ipc, "/dev/mqueue", "mqueue"));
        mounts.add(sysfs(access));
        mounts.add(OciMount.of(
                "/sys/fs/cgroup", "cgroup", "cgroup", List.of("nosuid", "noexec", "nodev", "relatime", access)));
        return mounts;
    }

    /** A user namespace may mount what shows another namespace only when it owns that one; else the host's is bound. */
    private OciMount ofNamespace(Function<NamespaceOptions, NamespaceMode> mode, String path, String type) {
        return isOfTheHost(mode)
                ? OciMount.of(path, "bind", path, List.of("rbind", "rprivate", "nosuid", "noexec", "nodev"))
                : OciMount.of(path, type, type, List.of("nosuid", "noexec", "nodev"));
    }

    /** Likewise: sysfs shows the network namespace. */
    private OciMount sysfs(String access) {
        if (isOfTheHost(NamespaceOptions::network)) {
            return OciMount.of(
                    "/sys", "bind", "/sys", List.of("rbind", "rprivate", "nosuid", "noexec", "nodev", access));
        }
        return OciMount.of("/sys", "sysfs", "sysfs", List.of("nosuid", "noexec", "nodev", access));
    }

    private boolean isOfTheHost(Function<NamespaceOptions, NamespaceMode> mode) {
        NamespaceOptions pod = context.request().pod().security().namespaces();
        return pod.usesUserNamespace() && mode.apply(pod) == NamespaceMode.NODE;
    }

    private static void addFile(List<OciMount> mounts, String destination, @Nullable Path source, String access) {
        if (source != null) {
            mounts.add(OciMount.of(destination, "bind", source.toString(), List.of("rbind", "rprivate", access)));
        }
    }
}
