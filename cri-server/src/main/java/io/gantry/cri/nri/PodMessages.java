package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.LinuxNamespace;
import io.gantry.cri.nri.proto.LinuxPodSandbox;
import io.gantry.cri.nri.proto.PodSandbox;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import java.util.ArrayList;
import java.util.List;

/** Pod sandboxes as plugins see them. */
final class PodMessages {
    private PodMessages() {}

    static PodSandbox of(io.gantry.pod.state.PodSandbox sandbox) {
        var config = sandbox.config();
        ProcessIdentity pause = sandbox.pause();
        LinuxPodSandbox.Builder linux = LinuxPodSandbox.newBuilder()
                .setCgroupParent(config.cgroupParent())
                .setCgroupsPath(sandbox.cgroup());
        var overhead = config.overhead();
        if (overhead != null) {
            linux.setPodOverhead(ResourceMessages.of(overhead));
        }
        var resources = config.resources();
        if (resources != null) {
            linux.setPodResources(ResourceMessages.of(resources));
        }
        if (pause != null) {
            linux.addAllNamespaces(namespaces(config.security().namespaces(), pause.pid()));
        }
        return PodSandbox.newBuilder()
                .setId(sandbox.id())
                .setName(config.metadata().name())
                .setUid(config.metadata().uid())
                .setNamespace(config.metadata().namespace())
                .putAllLabels(config.labels())
                .putAllAnnotations(config.annotations())
                .setRuntimeHandler(sandbox.runtimeHandler())
                .setLinux(linux)
                .setPid(pause == null ? 0 : pause.pid())
                .addAllIps(sandbox.ips())
                .build();
    }

    /** The namespaces that are the pod's own, by way of its pause process. */
    private static List<LinuxNamespace> namespaces(NamespaceOptions options, int pause) {
        List<LinuxNamespace> namespaces = new ArrayList<>();
        if (options.network() == NamespaceMode.POD) {
            namespaces.add(namespace("network", pause, "net"));
            namespaces.add(namespace("uts", pause, "uts"));
        }
        if (options.ipc() == NamespaceMode.POD) {
            namespaces.add(namespace("ipc", pause, "ipc"));
        }
        if (options.pid() == NamespaceMode.POD) {
            namespaces.add(namespace("pid", pause, "pid"));
        }
        return namespaces;
    }

    private static LinuxNamespace namespace(String type, int pid, String file) {
        return LinuxNamespace.newBuilder()
                .setType(type)
                .setPath("/proc/" + pid + "/ns/" + file)
                .build();
    }
}
