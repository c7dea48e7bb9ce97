package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** A pod on a node of a real cluster that runs on Gantry, where there is such a cluster. */
class KubernetesClientIT {
    private static final String IMAGE =
            System.getenv().getOrDefault("GANTRY_CLUSTER_IMAGE", "registry.k8s.io/pause:3.10");

    @Test
    void aPodRunsOnANodeOfTheCluster() {
        String file = System.getenv("KUBECONFIG");
        assumeTrue(
                file != null && Files.isReadable(Path.of(file)),
                "needs a cluster with a node on Gantry: set KUBECONFIG to its configuration");
        Config config = new ConfigBuilder(Config.fromKubeconfig(Path.of(file).toFile()))
                .withRequestTimeout(10_000)
                .withConnectionTimeout(5_000)
                .build();
        try (KubernetesClient client =
                new KubernetesClientBuilder().withConfig(config).build()) {
            Node node = gantryNode(client);
            String name = "gantry-e2e-" + UUID.randomUUID().toString().substring(0, 8);
            Pod pod = new PodBuilder()
                    .withNewMetadata()
                    .withName(name)
                    .endMetadata()
                    .withNewSpec()
                    .withNodeName(node.getMetadata().getName())
                    .addNewContainer()
                    .withName("main")
                    .withImage(IMAGE)
                    .endContainer()
                    .endSpec()
                    .build();
            try {
                client.pods().inNamespace("default").resource(pod).create();
                Pod ready = client.pods().inNamespace("default").withName(name).waitUntilReady(2, TimeUnit.MINUTES);
                assertThat(ready.getStatus().getPodIP()).isNotEmpty();
                assertThat(ready.getStatus().getContainerStatuses().getFirst().getContainerID())
                        .startsWith("gantry://");
            } finally {
                client.pods()
                        .inNamespace("default")
                        .withName(name)
                        .withGracePeriod(0)
                        .delete();
            }
        }
    }

    private static Node gantryNode(KubernetesClient client) {
        try {
            Optional<Node> found = client.nodes().list().getItems().stream()
                    .filter(node -> node.getStatus()
                            .getNodeInfo()
                            .getContainerRuntimeVersion()
                            .startsWith("gantry://"))
                    .findFirst();
            assumeTrue(found.isPresent(), "needs a node on Gantry: no node of the cluster in KUBECONFIG runs it");
            return found.get();
        } catch (KubernetesClientException e) {
            return abort("needs a cluster: the one in KUBECONFIG does not answer: " + e.getMessage());
        }
    }
}
