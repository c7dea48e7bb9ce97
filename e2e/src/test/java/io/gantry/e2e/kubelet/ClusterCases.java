package io.gantry.e2e.kubelet;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.dsl.ExecWatch;
import io.fabric8.kubernetes.client.dsl.PodResource;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;

/** Cases that go through the API server. Each deletes what it made at its end, without waiting for it. */
abstract class ClusterCases extends KubeletCases {
    private final List<HasMetadata> made = new ArrayList<>();

    KubernetesClient client() {
        return node().controlPlane().client();
    }

    /** Makes an object until the end of the test. */
    <T extends HasMetadata> T create(T object) {
        T created = client().resource(object).create();
        made.add(created);
        return created;
    }

    PodResource pod(String name) {
        return client().pods().withName(name);
    }

    Pod awaitPod(String name, String what, Predicate<Pod> holds) throws InterruptedException {
        return Await.present(
                "pod " + name + " to be " + what,
                () -> Optional.ofNullable(pod(name).get()),
                holds);
    }

    /** Makes the pod and waits until it is ready. */
    Pod createReady(Pod pod) throws InterruptedException {
        String name = create(pod).getMetadata().getName();
        return awaitPod(name, "ready", Pods::isReady);
    }

    ContainerStatus awaitContainer(String pod, String container, String what, Predicate<ContainerStatus> holds)
            throws InterruptedException {
        Pod seen = awaitPod(
                pod, what, each -> Pods.status(each, container).filter(holds).isPresent());
        return Pods.status(seen, container).orElseThrow();
    }

    /** Standard output of a shell script in the pod's container {@code main}; it must succeed. */
    String exec(String pod, String script) throws Exception {
        return exec(pod, "main", script);
    }

    String exec(String pod, String container, String script) throws Exception {
        ByteArrayOutputStream output = new ByteArrayOutputStream();
        ByteArrayOutputStream error = new ByteArrayOutputStream();
        try (ExecWatch watch = pod(pod).inContainer(container)
                .writingOutput(output)
                .writingError(error)
                .exec("sh", "-c", script)) {
            int status = watch.exitCode().get(1, TimeUnit.MINUTES);
            if (status != 0) {
                throw new AssertionError("exec " + script + " in " + pod + ": status " + status + ": "
                        + error.toString(StandardCharsets.UTF_8));
            }
            return output.toString(StandardCharsets.UTF_8);
        }
    }

    @AfterEach
    void deleteAll() {
        for (HasMetadata object : made.reversed()) {
            client().resource(object).withGracePeriod(0).delete();
        }
        made.clear();
    }
}
