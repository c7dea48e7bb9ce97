package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.NodeRuntimeHandler;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.apps.Deployment;
import io.fabric8.kubernetes.api.model.apps.DeploymentBuilder;
import io.fabric8.kubernetes.client.LocalPortForward;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The node and plain pods as the API server sees them. */
abstract class BasicClusterCases extends ClusterCases {
    @Test
    void nodeStatusReady() throws Exception {
        Node seen = Await.until(
                "the node to be ready",
                () -> client().nodes().withName(Kubelet.NODE_NAME).get(),
                each -> each != null
                        && each.getStatus().getConditions().stream()
                                .anyMatch(condition -> condition.getType().equals("Ready")
                                        && condition.getStatus().equals("True")));

        assertThat(seen.getStatus().getNodeInfo().getContainerRuntimeVersion())
                .startsWith(node().runtime().name() + "://");
        assertThat(seen.getStatus().getNodeInfo().getKubeletVersion()).startsWith("v1.");
        assertThat(seen.getStatus().getConditions())
                .filteredOn(condition -> condition.getType().endsWith("Pressure"))
                .hasSize(3)
                .allSatisfy(condition -> assertThat(condition.getStatus()).isEqualTo("False"));
        assertThat(seen.getStatus().getFeatures().getSupplementalGroupsPolicy()).isTrue();
        assertThat(seen.getStatus().getRuntimeHandlers())
                .extracting(NodeRuntimeHandler::getName)
                .contains("", "runc");
        assertThat(seen.getStatus().getCapacity()).containsKeys("cpu", "memory", "pods");
    }

    @Test
    void aPodRunsAndIsDeleted() throws Exception {
        Pod pod = createReady(Pods.shell("plain", "echo hello; " + Pods.IDLE).build());

        ContainerStatus main = Pods.main(pod).orElseThrow();
        assertThat(main.getContainerID()).startsWith(node().runtime().name() + "://");
        assertThat(main.getImageID()).startsWith("registry.k8s.io/e2e-test-images/busybox@sha256:");
        assertThat(main.getImage()).isEqualTo(Pods.BUSYBOX);
        assertThat(pod.getStatus().getPodIP()).startsWith("10.89.");
        assertThat(pod.getStatus().getHostIP())
                .isEqualTo(node().kubelet().files().address());
        assertThat(pod("plain").getLog()).isEqualTo("hello\n");
        assertThat(exec("plain", "hostname")).isEqualTo("plain\n");
        assertThat(client().v1().events().list().getItems())
                .filteredOn(event -> event.getInvolvedObject().getName().equals("plain"))
                .extracting(event -> event.getReason())
                .contains("Created", "Started");

        pod("plain").delete();

        Await.until("the pod to be gone", () -> pod("plain").get() == null, gone -> gone);
    }

    @Test
    void portForwardThroughTheApiServer() throws Exception {
        createReady(Pods.shell("web", "mkdir /web; echo page >/web/index.html; exec httpd -f -p 8080 -h /web")
                .build());
        try (LocalPortForward forward = pod("web").portForward(8080);
                HttpClient http = HttpClient.newHttpClient()) {
            URI page = URI.create("http://127.0.0.1:" + forward.getLocalPort() + "/index.html");
            assertThat(http.send(HttpRequest.newBuilder(page).build(), HttpResponse.BodyHandlers.ofString())
                            .body())
                    .isEqualTo("page\n");
        }
    }

    /** No controller runs here: the test does what the controllers of deployments and replica sets and a scheduler do. */
    @Test
    void podsOfADeployment() throws Exception {
        Deployment deployment = create(new DeploymentBuilder()
                .withNewMetadata()
                .withName("three")
                .endMetadata()
                .withNewSpec()
                .withReplicas(3)
                .withNewSelector()
                .withMatchLabels(Map.of("app", "three"))
                .endSelector()
                .withNewTemplate()
                .withNewMetadata()
                .addToLabels("app", "three")
                .endMetadata()
                .withSpec(Pods.shell("unused", Pods.IDLE).buildSpec())
                .endTemplate()
                .endSpec()
                .build());
        for (int i = 0; i < 3; i++) {
            create(new PodBuilder()
                    .withNewMetadataLike(deployment.getSpec().getTemplate().getMetadata())
                    .withName("three-" + i)
                    .addNewOwnerReference()
                    .withApiVersion("apps/v1")
                    .withKind("Deployment")
                    .withName("three")
                    .withUid(deployment.getMetadata().getUid())
                    .endOwnerReference()
                    .endMetadata()
                    .withSpec(deployment.getSpec().getTemplate().getSpec())
                    .build());
        }

        Set<String> addresses = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            addresses.add(
                    awaitPod("three-" + i, "ready", Pods::isReady).getStatus().getPodIP());
        }

        assertThat(addresses).hasSize(3);
        String other = addresses.iterator().next();
        assertThat(exec("three-0", "ping -c 1 -w 10 " + other)).contains("1 packets received");
    }
}
