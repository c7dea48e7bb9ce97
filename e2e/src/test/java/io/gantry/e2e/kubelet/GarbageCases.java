package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the kubelet removes by itself. */
abstract class GarbageCases extends KubeletCases {
    private static final String UNUSED = "registry.k8s.io/k8s-staging-cri-tools/test-image-1:latest";
    private static final Duration COLLECTION = Duration.ofMinutes(4);

    @Test
    void deadContainersOfALivePod() throws Exception {
        String name = run(Pods.shell("restarting", "exit 1").build());
        pods().awaitMain(name, "restarted often", status -> status.getRestartCount() >= 3);

        // The kubelet keeps one that ended beside the one that is about to run.
        Await.until("older containers to be removed", COLLECTION, () -> containers(name), ids -> ids.size() <= 2);
    }

    @Test
    void containersAndSandboxOfARemovedPod() throws Exception {
        String name = run(Pods.shell("removed", "echo hello; " + Pods.IDLE).build());
        pods().awaitReady(name);
        assertThat(containers(name)).hasSize(1);
        Path logs = logsOf(name);

        pods().remove(name);

        Await.until("its containers to be removed", COLLECTION, () -> containers(name), List::isEmpty);
        Await.until("its sandbox to be removed", COLLECTION, () -> sandboxes(name), List::isEmpty);
        Await.until("its logs to be removed", COLLECTION, () -> Files.exists(logs), there -> !there);
    }

    @Test
    void unusedImages() throws Exception {
        String name = run(Pods.shell("user-of-an-image", Pods.IDLE).build());
        pods().awaitReady(name);
        node().crictl("pull", UNUSED);
        assertThat(images()).contains(UNUSED, Pods.BUSYBOX);
        Kubelet kubelet = node().kubelet();
        kubelet.stop();
        try {
            kubelet.start(node().options().underDiskPressure());

            Await.until("the unused image to be removed", COLLECTION, this::images, seen -> !seen.contains(UNUSED));

            assertThat(images()).contains(Pods.BUSYBOX);
            assertThat(Pods.main(pods().awaitReady(name)).orElseThrow().getRestartCount())
                    .isZero();
        } finally {
            kubelet.stop();
            kubelet.start(node().options());
        }
    }

    private List<String> containers(String pod) throws IOException, InterruptedException {
        return list("ps", "-a", "-q", "--label", "io.kubernetes.pod.name=" + StaticPods.fullName(pod));
    }

    private List<String> sandboxes(String pod) throws IOException, InterruptedException {
        return list("pods", "-q", "--label", "io.kubernetes.pod.name=" + StaticPods.fullName(pod));
    }

    private List<String> list(Object... arguments) throws IOException, InterruptedException {
        return node().crictl(arguments).lines().toList();
    }

    private Path logsOf(String pod) throws IOException {
        try (var all = Files.list(node().kubelet().files().podLogs())) {
            return all.filter(path -> path.toString().contains("_" + StaticPods.fullName(pod) + "_"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    private String images() throws IOException, InterruptedException {
        JsonNode images = JsonMapper.shared().readTree(node().crictl("images", "-o", "json"));
        return images.get("images")
                .valueStream()
                .map(image -> image.get("repoTags").toString())
                .toList()
                .toString();
    }
}
