package io.gantry.e2e.kubelet;

import io.fabric8.kubernetes.api.model.Pod;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.extension.ExtendWith;

/** Cases on one node that their class shares with others. Each removes its pods at its end, without waiting for it. */
@ExtendWith(KeepLogs.class)
abstract class KubeletCases {
    private final List<String> started = new ArrayList<>();

    abstract KubeletNode node();

    /** Has the kubelet run a static pod until the end of the test. */
    String run(Pod pod) throws IOException {
        String name = node().staticPods().run(pod);
        started.add(name);
        return name;
    }

    /** As {@link #run}, with the node's directory of the pod's name at {@link Pods#STATE}. */
    String runWithDirectory(Pod pod) throws IOException {
        return run(Pods.withDirectory(pod, node().directory(pod.getMetadata().getName())));
    }

    StaticPods pods() {
        return node().staticPods();
    }

    /** A file in the directory that a pod of {@link #runWithDirectory} sees. */
    Path file(String pod, String name) throws IOException {
        return node().directory(pod).resolve(name);
    }

    void touch(String pod, String name) throws IOException {
        Files.writeString(file(pod, name), "");
    }

    /** The lines of such a file, none while it does not exist. */
    List<String> lines(String pod, String name) throws IOException {
        Path file = file(pod, name);
        return Files.exists(file) ? Files.readAllLines(file) : List.of();
    }

    @AfterEach
    void removePods() throws IOException {
        for (String name : started) {
            pods().remove(name);
        }
        started.clear();
    }
}
