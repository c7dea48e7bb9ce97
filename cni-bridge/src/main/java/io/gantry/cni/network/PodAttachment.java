package io.gantry.cni.network;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A sandbox and what its network needs to know of it.
 *
 * @param netns path of its network namespace; for a detach it may be gone
 * @param cgroupPath the pod's cgroup, or null
 * @param dns the pod's resolver settings, or null
 */
public record PodAttachment(
        String sandboxId,
        Path netns,
        String podName,
        String podNamespace,
        String podUid,
        List<PortMapping> portMappings,
        Map<String, String> podAnnotations,
        @Nullable String cgroupPath,
        @Nullable DnsConfig dns,
        AddressRequest addresses) {
    private static final Pattern CONTAINER_ID = Pattern.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]*");

    /** @throws GantryException INVALID_ARGUMENT when the id or a name cannot be passed to a plugin */
    public PodAttachment {
        portMappings = List.copyOf(portMappings);
        podAnnotations = Map.copyOf(podAnnotations);
        if (!CONTAINER_ID.matcher(sandboxId).matches()) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT,
                    "read network attachment",
                    "sandbox id \"" + sandboxId + "\" is not letters and digits, then also '_', '.', '-'");
        }
        checkArgument("pod name", podName);
        checkArgument("pod namespace", podNamespace);
        checkArgument("pod uid", podUid);
    }

    /** An attachment without wishes about its addresses. */
    public PodAttachment(
            String sandboxId,
            Path netns,
            String podName,
            String podNamespace,
            String podUid,
            List<PortMapping> portMappings,
            Map<String, String> podAnnotations,
            @Nullable String cgroupPath,
            @Nullable DnsConfig dns) {
        this(
                sandboxId,
                netns,
                podName,
                podNamespace,
                podUid,
                portMappings,
                podAnnotations,
                cgroupPath,
                dns,
                AddressRequest.NONE);
    }

    /** {@code CNI_ARGS} as network plugins for Kubernetes know it. */
    String cniArgs() {
        return "IgnoreUnknown=1;K8S_POD_NAMESPACE=" + podNamespace + ";K8S_POD_NAME=" + podName
                + ";K8S_POD_INFRA_CONTAINER_ID=" + sandboxId + ";K8S_POD_UID=" + podUid;
    }

    /** For messages: {@code "sandbox 3f2a… (default/web)"}. */
    String subject() {
        String id = sandboxId.length() > 13 ? sandboxId.substring(0, 13) : sandboxId;
        return "sandbox " + id + " (" + podNamespace + "/" + podName + ")";
    }

    private static void checkArgument(String name, String value) {
        if (value.chars().anyMatch(c -> c == ';' || c == '=' || c < ' ')) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT,
                    "read network attachment",
                    name + " \"" + value.replaceAll("\\p{Cntrl}", "?") + "\" holds ';', '=' or a control character");
        }
    }
}
