package io.gantry.e2e.kubelet;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Makes pods and reads their statuses. */
final class Pods {
    static final String NAMESPACE = "default";
    static final String BUSYBOX = "registry.k8s.io/e2e-test-images/busybox:1.29-2";
    /** Where {@link #withDirectory} mounts the host's directory. */
    static final String STATE = "/state";
    /** Ends at once when it is asked to, which a shell as process 1 does only with a handler. */
    static final String IDLE = "trap 'exit 0' TERM; while :; do sleep 0.2; done";

    private Pods() {}

    /** A pod on the node with the container {@code main} that runs a shell script and has a second to end. */
    static PodBuilder shell(String name, String script) {
        return of(name, container("main", script));
    }

    static PodBuilder of(String name, Container... containers) {
        return new PodBuilder()
                .withNewMetadata()
                .withName(name)
                .withNamespace(NAMESPACE)
                .endMetadata()
                .withNewSpec()
                .withNodeName(Kubelet.NODE_NAME)
                .withTerminationGracePeriodSeconds(1L)
                .withAutomountServiceAccountToken(false)
                .withContainers(containers)
                .endSpec();
    }

    static Container container(String name, String script) {
        return new ContainerBuilder()
                .withName(name)
                .withImage(BUSYBOX)
                .withCommand("sh", "-c", script)
                .build();
    }

    /** The pod with a directory of the host at {@link #STATE} in every container. */
    static Pod withDirectory(Pod pod, Path directory) {
        PodBuilder builder = new PodBuilder(pod)
                .editSpec()
                .addNewVolume()
                .withName("state")
                .withNewHostPath(directory.toString(), "Directory")
                .endVolume()
                .endSpec();
        Pod mounted = builder.build();
        for (List<Container> containers :
                List.of(mounted.getSpec().getContainers(), mounted.getSpec().getInitContainers())) {
            for (Container each : containers) {
                each.getVolumeMounts()
                        .add(new VolumeMountBuilder()
                                .withName("state")
                                .withMountPath(STATE)
                                .build());
            }
        }
        return mounted;
    }

    static boolean isReady(Pod pod) {
        return pod.getStatus() != null
                && pod.getStatus().getConditions().stream()
                        .anyMatch(each -> each.getType().equals("Ready")
                                && each.getStatus().equals("True"));
    }

    static Optional<ContainerStatus> main(Pod pod) {
        return status(pod, "main");
    }

    /** The status of a container, an init container or an ephemeral container. */
    static Optional<ContainerStatus> status(Pod pod, String container) {
        if (pod.getStatus() == null) {
            return Optional.empty();
        }
        for (List<ContainerStatus> statuses : List.of(
                pod.getStatus().getContainerStatuses(),
                pod.getStatus().getInitContainerStatuses(),
                pod.getStatus().getEphemeralContainerStatuses())) {
            for (ContainerStatus each : statuses) {
                if (each.getName().equals(container)) {
                    return Optional.of(each);
                }
            }
        }
        return Optional.empty();
    }

    static boolean isRunning(ContainerStatus status) {
        return status.getState().getRunning() != null;
    }
}
