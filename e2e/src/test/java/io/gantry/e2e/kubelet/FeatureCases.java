package io.gantry.e2e.kubelet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.fabric8.kubernetes.api.model.ConfigMapBuilder;
import io.fabric8.kubernetes.api.model.ContainerStatus;
import io.fabric8.kubernetes.api.model.EphemeralContainer;
import io.fabric8.kubernetes.api.model.EphemeralContainerBuilder;
import io.fabric8.kubernetes.api.model.Node;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.VolumeBuilder;
import io.fabric8.kubernetes.api.model.VolumeMountBuilder;
import io.fabric8.kubernetes.api.model.node.v1.RuntimeClassBuilder;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a pod asks of the runtime through the API server alone. */
abstract class FeatureCases extends ClusterCases {
    private static final String LIMITS = """
            if [ -e /sys/fs/cgroup/memory.max ]; then cat /sys/fs/cgroup/memory.max /sys/fs/cgroup/cpu.max
            else cat /sys/fs/cgroup/memory/memory.limit_in_bytes; cd /sys/fs/cgroup/cpu
                echo $(cat cpu.cfs_quota_us) $(cat cpu.cfs_period_us); fi""";

    @Test
    void inPlaceResize() throws Exception {
        Pod pod = Pods.shell("resized", Pods.IDLE).build();
        limit(pod, "100m", "64Mi");
        Pod before = createReady(pod);
        assertThat(exec("resized", LIMITS)).isEqualTo(64 * 1024 * 1024 + "\n10000 100000\n");

        pod("resized").subresource("resize").edit(each -> {
            limit(each, "200m", "128Mi");
            return each;
        });

        ContainerStatus after = awaitContainer(
                "resized",
                "main",
                "resized",
                status -> status.getResources() != null
                        && new Quantity("128Mi")
                                .equals(status.getResources().getLimits().get("memory"))
                        && new Quantity("200m")
                                .equals(status.getResources().getLimits().get("cpu")));
        assertThat(exec("resized", LIMITS)).isEqualTo(128 * 1024 * 1024 + "\n20000 100000\n");
        assertThat(after.getRestartCount()).isZero();
        assertThat(after.getContainerID())
                .isEqualTo(Pods.main(before).orElseThrow().getContainerID());
        awaitPod(
                "resized",
                "done with its resize",
                each -> each.getStatus().getConditions().stream()
                        .noneMatch(condition -> condition.getType().startsWith("PodResize")));
    }

    private static void limit(Pod pod, String cpu, String memory) {
        pod.getSpec()
                .getContainers()
                .getFirst()
                .setResources(new io.fabric8.kubernetes.api.model.ResourceRequirementsBuilder()
                        .withLimits(Map.of("cpu", new Quantity(cpu), "memory", new Quantity(memory)))
                        .withRequests(Map.of("cpu", new Quantity(cpu), "memory", new Quantity(memory)))
                        .build());
    }

    @Test
    void ephemeralContainerInThePidNamespaceOfItsTarget() throws Exception {
        createReady(Pods.shell("debugged", "exec sleep 4321").build());
        EphemeralContainer debugger = new EphemeralContainerBuilder()
                .withName("debugger")
                .withImage(Pods.BUSYBOX)
                .withTargetContainerName("main")
                .withCommand("sh", "-c", Pods.IDLE)
                .build();

        pod("debugged")
                .subresource("ephemeralcontainers")
                .edit(each -> new PodBuilder(each)
                        .editSpec()
                        .addToEphemeralContainers(debugger)
                        .endSpec()
                        .build());

        awaitContainer("debugged", "debugger", "debugged", Pods::isRunning);
        assertThat(exec("debugged", "debugger", "tr '\\0' ' ' </proc/1/cmdline"))
                .isEqualTo("sleep 4321 ");
        assertThat(exec("debugged", "debugger", "readlink /proc/self/ns/pid"))
                .isEqualTo(exec("debugged", "readlink /proc/self/ns/pid"));
    }

    @Test
    void hostUsersFalse() throws Exception {
        Node seen = client().nodes().withName(Kubelet.NODE_NAME).get();
        assumeTrue(
                seen.getStatus().getRuntimeHandlers().stream()
                        .anyMatch(handler -> handler.getFeatures() != null
                                && Boolean.TRUE.equals(handler.getFeatures().getUserNamespaces())),
                "needs a kernel and an OCI runtime with user namespaces and id-mapped mounts");
        create(new ConfigMapBuilder()
                .withNewMetadata()
                .withName("mapped")
                .endMetadata()
                .withData(Map.of("key", "value"))
                .build());
        Pod pod = Pods.shell("mapped", "echo own >/data/own; " + Pods.IDLE).build();
        pod.getSpec().setHostUsers(false);
        Pod withMap = VolumeCases.with(
                pod,
                new VolumeBuilder()
                        .withName("settings")
                        .withNewConfigMap()
                        .withName("mapped")
                        .endConfigMap()
                        .build(),
                new VolumeMountBuilder()
                        .withName("settings")
                        .withMountPath("/settings")
                        .build());
        createReady(VolumeCases.with(
                withMap,
                new VolumeBuilder()
                        .withName("data")
                        .withNewEmptyDir()
                        .endEmptyDir()
                        .build(),
                new VolumeMountBuilder().withName("data").withMountPath("/data").build()));

        String[] map = exec("mapped", "cat /proc/self/uid_map").strip().split(" +");

        assertThat(map[0]).isEqualTo("0");
        assertThat(Long.parseLong(map[1])).isPositive();
        assertThat(map[2]).isEqualTo("65536");
        assertThat(exec("mapped", "id -u; cat /settings/key; echo; stat -c %u -L /settings/key /data/own /etc/passwd"))
                .isEqualTo("0\nvalue\n0\n0\n0\n");
    }

    @Test
    void runtimeClass() throws Exception {
        create(new RuntimeClassBuilder()
                .withNewMetadata()
                .withName("by-runc")
                .endMetadata()
                .withHandler("runc")
                .build());
        Pod pod = Pods.shell("classed", Pods.IDLE).build();
        pod.getSpec().setRuntimeClassName("by-runc");

        createReady(pod);

        assertThat(node().crictl("inspectp", "--name", "^classed$")).contains("\"runtimeHandler\": \"runc\"");
    }

    @Test
    void runtimeClassOfNoHandler() throws Exception {
        create(new RuntimeClassBuilder()
                .withNewMetadata()
                .withName("by-nothing")
                .endMetadata()
                .withHandler("no-such-handler")
                .build());
        Pod pod = Pods.shell("unclassed", Pods.IDLE).build();
        pod.getSpec().setRuntimeClassName("by-nothing");
        create(pod);

        Await.until(
                "an event that says what is wrong",
                () -> client().v1().events().list().getItems(),
                events -> events.stream()
                        .anyMatch(event -> event.getInvolvedObject().getName().equals("unclassed")
                                && event.getReason().equals("FailedCreatePodSandBox")
                                && event.getMessage().contains("no-such-handler")));
    }
}
