package io.gantry.pod.sandbox;

import io.gantry.cni.network.PodNetwork;
import io.gantry.cni.plugin.CniResultWriter;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.namespace.PodNamespaces.Kind;
import io.gantry.pod.state.PodSandbox;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * What PodSandboxStatus tells beyond its fields when asked to be verbose, under the names that other runtimes use: scripts
 * look for {@code .info.cniResult} and for the namespaces in {@code .info.runtimeSpec}.
 */
final class SandboxInfo {
    private SandboxInfo() {}

    static Map<String, Object> of(SandboxParts parts, PodSandbox sandbox) {
        Map<String, Object> info = new LinkedHashMap<>();
        Optional<PodNetwork> network =
                sandbox.networkDetached() ? Optional.empty() : parts.networks().cached(sandbox.id());
        network.ifPresent(attached -> {
            info.put("network", attached.network());
            info.put(
                    "cniResult",
                    CniResultWriter.write(attached.result(), attached.result().version()));
        });
        info.put("runtimeSpec", runtimeSpec(parts.namespaces(), sandbox));
        return info;
    }

    /** No OCI runtime runs for a sandbox; this is what its specification would have of it. */
    private static Map<String, Object> runtimeSpec(PodNamespaces namespaces, PodSandbox sandbox) {
        Map<String, Object> linux = new LinkedHashMap<>();
        linux.put("cgroupsPath", sandbox.cgroup());
        linux.put("namespaces", sandbox.isReady() ? namespaces(namespaces, sandbox) : List.of());
        linux.put("sysctl", sandbox.config().sysctls());
        Map<String, Object> spec = new LinkedHashMap<>();
        spec.put("hostname", sandbox.hostname());
        spec.put("annotations", sandbox.config().annotations());
        spec.put("linux", linux);
        return spec;
    }

    /** Those of the pod's own, where each is pinned. */
    private static List<Map<String, String>> namespaces(PodNamespaces namespaces, PodSandbox sandbox) {
        List<Map<String, String>> list = new ArrayList<>();
        for (Kind kind : PodNamespaces.ownedBy(sandbox.config().security().namespaces())) {
            Map<String, String> entry = new LinkedHashMap<>();
            entry.put("type", kind == Kind.NET ? "network" : kind.name().toLowerCase(Locale.ROOT));
            entry.put("path", namespaces.path(sandbox.id(), kind).toString());
            list.add(entry);
        }
        return list;
    }
}
