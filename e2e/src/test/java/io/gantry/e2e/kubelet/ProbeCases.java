package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;

import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Probe;
import io.fabric8.kubernetes.api.model.ProbeBuilder;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Files;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Probes of every kind by every way. A probe succeeds while a file of its name is in the pod's directory. */
abstract class ProbeCases extends KubeletCases {
    /** How the kubelet asks. */
    enum Way {
        EXEC,
        HTTP,
        GRPC;

        Probe probe(String name) {
            // A busy machine may take its time; only an answer counts here.
            ProbeBuilder probe = new ProbeBuilder()
                    .withPeriodSeconds(1)
                    .withFailureThreshold(1)
                    .withTimeoutSeconds(20);
            return switch (this) {
                case EXEC ->
                    probe.withNewExec()
                            .withCommand("test", "-e", Pods.STATE + "/" + name)
                            .endExec()
                            .build();
                case HTTP ->
                    probe.withNewHttpGet()
                            .withPath("/" + name)
                            .withNewPort(8080)
                            .endHttpGet()
                            .build();
                case GRPC ->
                    probe.withNewGrpc()
                            .withPort(5000)
                            .withService(name)
                            .endGrpc()
                            .build();
            };
        }

        String pod(String probe) {
            return probe + "-by-" + name().toLowerCase(Locale.ROOT);
        }
    }

    @ParameterizedTest
    @EnumSource
    void startupProbe(Way way) throws Exception {
        Pod pod = server(way.pod("startup"));
        pod.getSpec().getContainers().getFirst().setStartupProbe(lasting(way.probe("startup")));
        String name = runWithDirectory(pod);
        awaitFailedProbe("Startup", name);
        ContainerStatus before = pods().awaitMain(name, "running", Pods::isRunning);
        assertThat(before.getStarted()).isFalse();
        assertThat(before.getReady()).isFalse();

        touch(name, "startup");

        ContainerStatus after = pods().awaitMain(name, "started", ContainerStatus::getStarted);
        pods().awaitReady(name);
        assertThat(after.getRestartCount()).isZero();
        assertThat(after.getContainerID()).isEqualTo(before.getContainerID());
    }

    private static Probe lasting(Probe probe) {
        return new ProbeBuilder(probe).withFailureThreshold(1000).build();
    }

    @ParameterizedTest
    @EnumSource
    void readinessProbe(Way way) throws Exception {
        Pod pod = server(way.pod("readiness"));
        pod.getSpec().getContainers().getFirst().setReadinessProbe(way.probe("readiness"));
        String name = runWithDirectory(pod);
        awaitFailedProbe("Readiness", name);
        assertThat(pods().awaitMain(name, "running", Pods::isRunning).getReady())
                .isFalse();

        touch(name, "readiness");
        pods().awaitReady(name);
        Files.delete(file(name, "readiness"));

        ContainerStatus after = pods().awaitMain(name, "not ready", status -> !status.getReady());
        assertThat(Pods.isRunning(after)).isTrue();
        assertThat(after.getRestartCount()).isZero();
    }

    @ParameterizedTest
    @EnumSource
    void livenessProbe(Way way) throws Exception {
        Pod pod = server(way.pod("liveness"));
        pod.getSpec()
                .getContainers()
                .getFirst()
                .setLivenessProbe(new ProbeBuilder(way.probe("liveness"))
                        .withInitialDelaySeconds(1)
                        .build());
        touch(way.pod("liveness"), "liveness");
        String name = runWithDirectory(pod);
        pods().awaitReady(name);
        ContainerStatus before = pods().awaitMain(name, "running", Pods::isRunning);

        Files.delete(file(name, "liveness"));
        pods().awaitMain(
                        name,
                        "ended",
                        status -> status.getLastState().getTerminated() != null
                                || status.getState().getTerminated() != null);
        touch(name, "liveness");

        ContainerStatus after =
                pods().awaitMain(name, "restarted", status -> Pods.isRunning(status) && status.getRestartCount() > 0);
        assertThat(after.getContainerID()).isNotEqualTo(before.getContainerID());
        assertThat(after.getLastState().getTerminated().getContainerID()).isEqualTo(before.getContainerID());
        assertThat(node().kubelet().log()).contains("Container main failed liveness probe");
    }

    /** Serves the pod's directory over HTTP and as gRPC health services. */
    private Pod server(String name) throws IOException {
        Pod pod = Pods.shell(name, "httpd -p 8080 -h " + Pods.STATE + "; exec /grpc-health -directory " + Pods.STATE)
                .build();
        return new PodBuilder(pod)
                .editSpec()
                .addNewVolume()
                .withName("probe")
                .withNewHostPath(Toolbox.require("grpc-health").toRealPath().toString(), "File")
                .endVolume()
                .editFirstContainer()
                .addNewVolumeMount()
                .withName("probe")
                .withMountPath("/grpc-health")
                .withReadOnly(true)
                .endVolumeMount()
                .endContainer()
                .endSpec()
                .build();
    }

    private void awaitFailedProbe(String type, String name) throws InterruptedException {
        String said = "\"Probe failed\" probeType=\"" + type + "\" pod=\"" + StaticPods.path(name) + "\"";
        Await.until("the kubelet to say " + said, () -> node().kubelet().log(), log -> log.contains(said));
    }
}
