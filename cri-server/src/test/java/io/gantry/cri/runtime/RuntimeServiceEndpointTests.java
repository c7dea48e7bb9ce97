package io.gantry.cri.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.collect.Lists;
import io.gantry.cri.grpc.TestServer;
import io.gantry.cri.v1.AttachRequest;
import io.gantry.cri.v1.CgroupDriver;
import io.gantry.cri.v1.CheckpointContainerRequest;
import io.gantry.cri.v1.CheckpointPodRequest;
import io.gantry.cri.v1.ContainerConfig;
import io.gantry.cri.v1.ContainerMetadata;
import io.gantry.cri.v1.ContainerStatusRequest;
import io.gantry.cri.v1.ContainerStatusResponse;
import io.gantry.cri.v1.CreateContainerRequest;
import io.gantry.cri.v1.ExecRequest;
import io.gantry.cri.v1.ExecSyncRequest;
import io.gantry.cri.v1.ExecSyncResponse;
import io.gantry.cri.v1.ImageSpec;
import io.gantry.cri.v1.LinuxContainerResources;
import io.gantry.cri.v1.ListContainersRequest;
import io.gantry.cri.v1.ListPodSandboxRequest;
import io.gantry.cri.v1.PodSandboxConfig;
import io.gantry.cri.v1.PodSandboxMetadata;
import io.gantry.cri.v1.PodSandboxStatusRequest;
import io.gantry.cri.v1.PodSandboxStatusResponse;
import io.gantry.cri.v1.PortForwardRequest;
import io.gantry.cri.v1.RemoveContainerRequest;
import io.gantry.cri.v1.RemovePodSandboxRequest;
import io.gantry.cri.v1.ReopenContainerLogRequest;
import io.gantry.cri.v1.RestorePodRequest;
import io.gantry.cri.v1.RunPodSandboxRequest;
import io.gantry.cri.v1.RuntimeConfigRequest;
import io.gantry.cri.v1.RuntimeHandler;
import io.gantry.cri.v1.StartContainerRequest;
import io.gantry.cri.v1.StatusRequest;
import io.gantry.cri.v1.StatusResponse;
import io.gantry.cri.v1.StopContainerRequest;
import io.gantry.cri.v1.StopPodSandboxRequest;
import io.gantry.cri.v1.StreamContainersRequest;
import io.gantry.cri.v1.StreamPodSandboxesRequest;
import io.gantry.cri.v1.StreamPodSandboxesResponse;
import io.gantry.cri.v1.UpdateContainerResourcesRequest;
import io.gantry.cri.v1.UpdatePodSandboxResourcesRequest;
import io.gantry.cri.v1.UpdateRuntimeConfigRequest;
import io.gantry.cri.v1.VersionRequest;
import io.gantry.cri.v1.VersionResponse;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RuntimeServiceEndpointTests {
    private final FakePods pods = new FakePods();
    private final TestServer test = new TestServer();

    @BeforeEach
    void serve() {
        Clock clock = Clock.fixed(Instant.ofEpochSecond(99), ZoneOffset.UTC);
        test.serving(new RuntimeServiceEndpoint(
                pods,
                pods.containerSide,
                request -> "http://127.0.0.1:1/" + request.kind(),
                pods,
                new FakeStats(),
                clock));
    }

    @AfterEach
    void close() {
        test.close();
    }

    private static PodSandboxConfig pod(String name) {
        return PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder()
                        .setName(name)
                        .setNamespace("default")
                        .setUid("u"))
                .build();
    }

    private String run(String name) {
        return test.runtime()
                .runPodSandbox(RunPodSandboxRequest.newBuilder()
                        .setConfig(pod(name))
                        .setRuntimeHandler("runc")
                        .build())
                .getPodSandboxId();
    }

    private String create(String sandbox, String name) {
        return test.runtime()
                .createContainer(CreateContainerRequest.newBuilder()
                        .setPodSandboxId(sandbox)
                        .setConfig(ContainerConfig.newBuilder()
                                .setMetadata(ContainerMetadata.newBuilder().setName(name))
                                .setImage(ImageSpec.newBuilder().setImage("busybox")))
                        .setSandboxConfig(pod("web"))
                        .build())
                .getContainerId();
    }

    @Test
    void tellsItsVersionAsTheKubeletExpectsIt() {
        VersionResponse version = test.runtime()
                .version(VersionRequest.newBuilder().setVersion("0.1.0").build());

        assertThat(version.getVersion()).isEqualTo("0.1.0");
        assertThat(version.getRuntimeName()).isEqualTo("gantry");
        assertThat(version.getRuntimeVersion()).isEqualTo("1.2.3");
        assertThat(version.getRuntimeApiVersion()).isEqualTo("v1");
    }

    @Test
    void tellsConditionsAndHandlers() {
        StatusResponse status = test.runtime().status(StatusRequest.getDefaultInstance());

        assertThat(status.getStatus().getConditionsList())
                .extracting(condition -> condition.getType() + " " + condition.getStatus() + " " + condition.getReason()
                        + " " + condition.getMessage())
                .containsExactly("RuntimeReady true  ", "NetworkReady false NetworkPluginNotReady no conflist");
        assertThat(status.getRuntimeHandlersList())
                .extracting(RuntimeHandler::getName)
                .containsExactly("crun", "", "runc");
        assertThat(status.getRuntimeHandlers(1).getFeatures())
                .isEqualTo(status.getRuntimeHandlers(2).getFeatures());
        assertThat(status.getRuntimeHandlers(0).getFeatures().getUserNamespaces())
                .isTrue();
        assertThat(status.getFeatures().getSupplementalGroupsPolicy()).isTrue();
        assertThat(status.getInfoMap()).isEmpty();
        assertThat(test.runtime()
                        .status(StatusRequest.newBuilder().setVerbose(true).build())
                        .getInfoMap())
                .containsEntry("config", "{}");
    }

    @Test
    void tellsTheCgroupDriverAndTakesThePodNetwork() {
        assertThat(test.runtime()
                        .runtimeConfig(RuntimeConfigRequest.getDefaultInstance())
                        .getLinux()
                        .getCgroupDriver())
                .isEqualTo(CgroupDriver.SYSTEMD);
        assertThat(test.runtime().updateRuntimeConfig(UpdateRuntimeConfigRequest.getDefaultInstance()))
                .isNotNull();
        UpdateRuntimeConfigRequest.Builder update = UpdateRuntimeConfigRequest.newBuilder();
        update.getRuntimeConfigBuilder().getNetworkConfigBuilder().setPodCidr("10.1.0.0/24,fd00::/64");
        assertThat(test.runtime().updateRuntimeConfig(update.build())).isNotNull();
        update.getRuntimeConfigBuilder().getNetworkConfigBuilder().setPodCidr("10.1.0.0");
        assertThatThrownBy(() -> test.runtime().updateRuntimeConfig(update.build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT));
    }

    @Test
    void runsAndShowsASandboxWithItsContainers() {
        String id = run("web");
        String container = create(id, "app");
        create("other", "app");
        pods.sandboxInfo.put("cniResult", Map.of("ips", List.of("10.1.0.2")));

        PodSandboxStatusResponse status = test.runtime()
                .podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                        .setPodSandboxId(id)
                        .setVerbose(true)
                        .build());

        assertThat(status.getStatus().getId()).isEqualTo(id);
        assertThat(status.getStatus().getRuntimeHandler()).isEqualTo("runc");
        assertThat(status.getContainersStatusesList())
                .singleElement()
                .matches(inside -> inside.getId().equals(container));
        assertThat(status.getTimestamp()).isEqualTo(99_000_000_000L);
        assertThat(status.getInfoMap().get("info"))
                .contains("\"handler\":\"runc\"", "\"cniResult\":{\"ips\":[\"10.1.0.2\"]}");
        assertThat(test.runtime()
                        .listPodSandbox(ListPodSandboxRequest.getDefaultInstance())
                        .getItemsList())
                .hasSize(1);
    }

    @Test
    void aBadRequestReachesNothing() {
        assertThatThrownBy(() -> test.runtime().runPodSandbox(RunPodSandboxRequest.getDefaultInstance()))
                .isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
                    assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
                    assertThat(e.getStatus().getDescription()).isEqualTo("run pod sandbox /: config is missing");
                });
        assertThat(pods.sandboxes).isEmpty();
    }

    @Test
    void whatIsNotThereIsNotFound() {
        assertThatThrownBy(() -> test.runtime()
                        .containerStatus(ContainerStatusRequest.newBuilder()
                                .setContainerId("none")
                                .build()))
                .isInstanceOfSatisfying(
                        StatusRuntimeException.class,
                        e -> assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND));
    }

    @Test
    void delegatesWhatChangesSandboxesAndContainers() {
        String id = run("web");
        String container = create(id, "app");
        var runtime = test.runtime();
        var unused = List.of(
                runtime.startContainer(StartContainerRequest.newBuilder()
                        .setContainerId(container)
                        .build()),
                runtime.stopContainer(StopContainerRequest.newBuilder()
                        .setContainerId(container)
                        .setTimeout(7)
                        .build()),
                runtime.reopenContainerLog(ReopenContainerLogRequest.newBuilder()
                        .setContainerId(container)
                        .build()),
                runtime.updateContainerResources(UpdateContainerResourcesRequest.newBuilder()
                        .setContainerId(container)
                        .setLinux(LinuxContainerResources.newBuilder().setCpuShares(5))
                        .build()),
                runtime.removeContainer(RemoveContainerRequest.newBuilder()
                        .setContainerId(container)
                        .build()),
                runtime.updatePodSandboxResources(UpdatePodSandboxResourcesRequest.newBuilder()
                        .setPodSandboxId(id)
                        .setResources(LinuxContainerResources.newBuilder().setCpuShares(6))
                        .build()),
                runtime.stopPodSandbox(
                        StopPodSandboxRequest.newBuilder().setPodSandboxId(id).build()),
                runtime.removePodSandbox(
                        RemovePodSandboxRequest.newBuilder().setPodSandboxId(id).build()));

        assertThat(pods.calls)
                .containsExactly(
                        "start container ctr0",
                        "stop container ctr0 within 7 s",
                        "reopen log of ctr0",
                        "resources of container ctr0: 5",
                        "remove container ctr0",
                        "resources of sandbox pod0: false true",
                        "stop sandbox pod0",
                        "remove sandbox pod0");
    }

    @Test
    void showsAContainer() {
        String container = create(run("web"), "app");

        ContainerStatusResponse status = test.runtime()
                .containerStatus(ContainerStatusRequest.newBuilder()
                        .setContainerId(container)
                        .setVerbose(true)
                        .build());

        assertThat(status.getStatus().getImage().getImage()).isEqualTo("busybox");
        assertThat(status.getInfoMap()).containsEntry("info", "{\"pid\":42}");
        assertThat(test.runtime()
                        .listContainers(ListContainersRequest.getDefaultInstance())
                        .getContainersList())
                .hasSize(1);
    }

    @Test
    void runsACommand() {
        ExecSyncResponse response = test.runtime()
                .execSync(ExecSyncRequest.newBuilder()
                        .setContainerId("ctr0")
                        .addCmd("date")
                        .setTimeout(2)
                        .build());

        assertThat(response.getStdout().toStringUtf8()).isEqualTo("out");
        assertThat(response.getStderr().toStringUtf8()).isEqualTo("err");
        assertThat(response.getExitCode()).isEqualTo(3);
        assertThat(pods.calls).containsExactly("exec in ctr0: [date] within 2 s");
    }

    @Test
    void streamsEverySandboxOnceInSeveralMessages() {
        for (int i = 0; i < 250; i++) {
            pods.run(
                    io.gantry.cri.translate.SandboxMessages.config(RunPodSandboxRequest.newBuilder()
                            .setConfig(pod("web" + i))
                            .build()),
                    "");
        }

        List<StreamPodSandboxesResponse> messages =
                Lists.newArrayList(test.runtime().streamPodSandboxes(StreamPodSandboxesRequest.getDefaultInstance()));

        assertThat(messages).hasSize(3);
        assertThat(messages.stream().flatMap(message -> message.getPodSandboxesList().stream()))
                .hasSize(250)
                .doesNotHaveDuplicates();
        assertThat(test.runtime().streamContainers(StreamContainersRequest.getDefaultInstance()))
                .isExhausted();
    }

    @Test
    void anEmptyIdIsRefused() {
        assertThatThrownBy(() -> test.runtime().stopPodSandbox(StopPodSandboxRequest.getDefaultInstance()))
                .hasMessageContaining("stop pod sandbox: pod_sandbox_id is empty");
        assertThat(pods.calls).isEmpty();
    }

    @Test
    void streamsAreFoundUnderUrls() {
        assertThat(test.runtime()
                        .exec(ExecRequest.newBuilder()
                                .setContainerId("c1")
                                .addCmd("ls")
                                .setStdout(true)
                                .build())
                        .getUrl())
                .isEqualTo("http://127.0.0.1:1/exec");
        assertThat(test.runtime()
                        .attach(AttachRequest.newBuilder().setContainerId("c1").build())
                        .getUrl())
                .isEqualTo("http://127.0.0.1:1/attach");
        assertThat(test.runtime()
                        .portForward(PortForwardRequest.newBuilder()
                                .setPodSandboxId("s1")
                                .addPort(80)
                                .build())
                        .getUrl())
                .isEqualTo("http://127.0.0.1:1/portforward");
    }

    @Test
    void checkpointsGoToTheirContainerOrPod() {
        var unused = test.runtime()
                .checkpointContainer(CheckpointContainerRequest.newBuilder()
                        .setContainerId("c1")
                        .setLocation("/var/lib/kubelet/checkpoints/c1.tar")
                        .setTimeout(7)
                        .build());
        var unusedPod = test.runtime()
                .checkpointPod(CheckpointPodRequest.newBuilder()
                        .setPodSandboxId("s1")
                        .setOutputPath("/checkpoints/s1")
                        .addContainerIds("c1")
                        .build());

        assertThat(pods.calls)
                .containsExactly(
                        "checkpoint container c1 to /var/lib/kubelet/checkpoints/c1.tar within 7 s",
                        "checkpoint sandbox s1 to /checkpoints/s1: [c1]");
    }

    @Test
    void aRestoredPodNamesItsContainers() {
        var response = test.runtime()
                .restorePod(RestorePodRequest.newBuilder()
                        .setCheckpointPath("/checkpoints/s1")
                        .setConfig(PodSandboxConfig.newBuilder()
                                .setMetadata(PodSandboxMetadata.newBuilder()
                                        .setName("web")
                                        .setNamespace("default")
                                        .setUid("u1")))
                        .addContainerConfigs(ContainerConfig.newBuilder()
                                .setMetadata(ContainerMetadata.newBuilder().setName("main"))
                                .setImage(ImageSpec.newBuilder().setImage("busybox")))
                        .build());

        assertThat(response.getPodSandboxId()).isEqualTo("pod-restored");
        assertThat(response.getRestoredContainersList()).singleElement().satisfies(container -> {
            assertThat(container.getName()).isEqualTo("main");
            assertThat(container.getContainerId()).isEqualTo("ctr-main");
        });
    }

    @Test
    void checkpointsThatCannotBeMeantAreRefused() {
        refused(
                () -> test.runtime()
                        .checkpointContainer(CheckpointContainerRequest.newBuilder()
                                .setContainerId("c1")
                                .setLocation("c1.tar")
                                .build()),
                "location is not an absolute path");
        refused(
                () -> test.runtime()
                        .checkpointContainer(CheckpointContainerRequest.newBuilder()
                                .setContainerId("c1")
                                .setLocation("/c1.tar")
                                .setTimeout(-1)
                                .build()),
                "timeout is negative");
        refused(
                () -> test.runtime()
                        .checkpointPod(CheckpointPodRequest.newBuilder()
                                .setPodSandboxId("s1")
                                .setOutputPath("/out")
                                .build()),
                "container_ids is empty");
        refused(
                () -> test.runtime()
                        .checkpointPod(CheckpointPodRequest.newBuilder()
                                .setPodSandboxId("s1")
                                .setOutputPath("/out")
                                .addContainerIds("c1")
                                .putOptions("fast", "yes")
                                .build()),
                "options has \"fast\", which is not supported");
        refused(() -> test.runtime().restorePod(RestorePodRequest.getDefaultInstance()), "config is missing");
    }

    private static void refused(ThrowingCallable call, String text) {
        assertThatThrownBy(call).isInstanceOfSatisfying(StatusRuntimeException.class, e -> {
            assertThat(e.getStatus().getCode()).isEqualTo(Status.Code.INVALID_ARGUMENT);
            assertThat(e.getStatus().getDescription()).contains(text);
        });
    }
}
