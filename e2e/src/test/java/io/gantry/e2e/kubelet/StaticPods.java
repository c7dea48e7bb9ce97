package io.gantry.e2e.kubelet;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Pods that a kubelet runs because a file names them. A pod is known here by the name in its file. */
final class StaticPods {
    private static final KubernetesSerialization JSON = new KubernetesSerialization();

    private final Path manifests;
    private final KubeletApi api;

    StaticPods(Path manifests, KubeletApi api) {
        this.manifests = manifests;
        this.api = api;
    }

    /** Has the kubelet run the pod, and returns its name. */
    String run(Pod pod) throws IOException {
        String name = pod.getMetadata().getName();
        Path hidden = manifests.resolve("." + name);
        Files.writeString(hidden, JSON.asJson(pod));
        Files.move(hidden, manifests.resolve(name + ".json"), StandardCopyOption.ATOMIC_MOVE);
        return name;
    }

    /** Has the kubelet end the pod; it goes in its own time. */
    void remove(String name) throws IOException {
        Files.deleteIfExists(manifests.resolve(name + ".json"));
    }

    void removeAll() throws IOException {
        try (Stream<Path> files = Files.list(manifests)) {
            for (Path file : files.toList()) {
                Files.deleteIfExists(file);
            }
        }
    }

    /** The name that the kubelet gives it. */
    static String fullName(String name) {
        return name + "-" + Kubelet.NODE_NAME;
    }

    /** Where it is in the kubelet's API. */
    static String path(String name) {
        return Pods.NAMESPACE + "/" + fullName(name);
    }

    Optional<Pod> find(String name) throws IOException, InterruptedException {
        return api.pod(fullName(name));
    }

    Pod await(String name, String what, Predicate<Pod> holds) throws InterruptedException {
        return Await.present("pod " + name + " to be " + what, () -> find(name), holds);
    }

    Pod awaitReady(String name) throws InterruptedException {
        return await(name, "ready", Pods::isReady);
    }

    /** Waits for the status of the container {@code main}. */
    ContainerStatus awaitMain(String name, String what, Predicate<ContainerStatus> holds) throws InterruptedException {
        Pod pod = await(name, what, seen -> Pods.main(seen).filter(holds).isPresent());
        return Pods.main(pod).orElseThrow();
    }
}
