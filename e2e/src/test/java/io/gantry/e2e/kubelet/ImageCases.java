package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.ContainerStateWaiting;
import io.fabric8.kubernetes.api.model.Pod;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Why a pod waits for its image, as the kubelet reads it from what the runtime says. */
abstract class ImageCases extends KubeletCases {
    @BeforeEach
    void onlyGantry() {
        assumeTrue(node().runtime().name().equals("gantry"), "other runtimes say it otherwise");
    }

    @Test
    void anImageThatThePolicyRejects() throws Exception {
        assertWaits(
                "rejected",
                KubeletNode.REJECTED + "/team/app:1",
                "SignatureValidationFailed",
                "signature validation failed");
    }

    @Test
    void aRegistryThatIsNotThere() throws Exception {
        int free;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            free = socket.getLocalPort();
        }
        node().runtime().node().writeMirror("gone.example.test", "127.0.0.1:" + free);
        assertWaits("gone", "gone.example.test/team/app:1", "RegistryUnavailable", "registry is unavailable");
    }

    /** The reason at first; later it backs off and tells both in its message. */
    private void assertWaits(String name, String image, String reason, String words) throws Exception {
        Pod pod = Pods.shell(name, Pods.IDLE).build();
        pod.getSpec().getContainers().getFirst().setImage(image);
        run(pod);
        Pod seen = pods().await(
                        name,
                        "waiting because of " + reason,
                        each -> waiting(each)
                                .filter(waits -> (waits.getReason() + " " + waits.getMessage()).contains(reason))
                                .isPresent());
        assertThat(waiting(seen).orElseThrow().getMessage()).contains(words).contains(image);
    }

    private static Optional<ContainerStateWaiting> waiting(Pod pod) {
        return Pods.main(pod).map(status -> status.getState().getWaiting());
    }
}
