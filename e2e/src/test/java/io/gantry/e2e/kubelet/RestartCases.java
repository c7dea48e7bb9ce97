package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Pods go on while one of the daemons is away, and the other finds them again. */
abstract class RestartCases extends KubeletCases {
    private static final String COUNTING = "i=0; while :; do echo line-$i; i=$((i+1)); sleep 0.1; done";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    /** A step that ends one daemon and starts it again, with what happens between. */
    @FunctionalInterface
    private interface Step {
        void run() throws Exception;
    }

    @Test
    void kubeletRestartedUnderRunningPods() throws Exception {
        Kubelet kubelet = node().kubelet();
        outlive(kubelet::stop, () -> kubelet.start(node().options()));
    }

    @Test
    void kubeletKilledUnderRunningPods() throws Exception {
        Kubelet kubelet = node().kubelet();
        outlive(kubelet::kill, () -> kubelet.start(node().options()));
    }

    @Test
    void runtimeKilledUnderARunningKubelet() throws Exception {
        long kubelet = node().kubelet().pid();

        outlive(node().runtime()::kill, node().runtime()::start);

        assertThat(node().kubelet().isRunning()).isTrue();
        assertThat(node().kubelet().pid()).isEqualTo(kubelet);
    }

    @Test
    void runtimeStoppedUnderARunningKubelet() throws Exception {
        outlive(node().runtime()::stop, node().runtime()::start);
    }

    /** One pod runs through it, one ends meanwhile, one is asked for meanwhile or after. */
    private void outlive(Step end, Step start) throws Exception {
        int number = NUMBER.incrementAndGet();
        String lasting = run(Pods.shell("lasting-" + number, COUNTING).build());
        String ending = runWithDirectory(Pods.shell(
                        "ending-" + number,
                        "while ! rm " + Pods.STATE + "/leave 2>/dev/null; do sleep 0.1; done; echo gone; exit 6")
                .build());
        Pod before = pods().awaitReady(lasting);
        ContainerStatus endingBefore = Pods.main(pods().awaitReady(ending)).orElseThrow();

        end.run();
        touch(ending, "leave");
        String asked = run(Pods.shell("asked-" + number, Pods.IDLE).build());
        Await.until(
                "the second pod's process to leave",
                () -> file(ending, "leave").toFile().exists(),
                is -> !is);
        start.run();

        ContainerStatus restarted = pods().awaitMain(
                        ending, "restarted", status -> status.getRestartCount() == 1 && Pods.isRunning(status));
        assertThat(restarted.getLastState().getTerminated().getExitCode()).isEqualTo(6);
        assertThat(restarted.getLastState().getTerminated().getContainerID()).isEqualTo(endingBefore.getContainerID());
        pods().awaitReady(asked);
        Pod after = pods().awaitReady(lasting);
        assertThat(after.getStatus().getPodIP()).isEqualTo(before.getStatus().getPodIP());
        assertThat(Pods.main(after).orElseThrow().getContainerID())
                .isEqualTo(Pods.main(before).orElseThrow().getContainerID());
        assertThat(Pods.main(after).orElseThrow().getRestartCount()).isZero();
        assertThat(after.getStatus().getStartTime()).isNotEmpty();
        try (StreamClient client = StreamClient.start(
                node().kubelet(),
                StreamClient.Transport.SPDY,
                "exec",
                StaticPods.path(lasting) + "/main",
                "echo",
                "alive")) {
            assertThat(client.rest()).isEqualTo("alive\n");
        }
        assertNoGap(node().api()
                .get("/containerLogs/" + StaticPods.path(lasting) + "/main")
                .lines()
                .toList());
    }

    private static void assertNoGap(List<String> lines) {
        assertThat(lines).hasSizeGreaterThan(10);
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i)).isEqualTo("line-" + i);
        }
    }
}
