package io.gantry.cri.runtime;

import io.gantry.cri.grpc.Calls;
import io.gantry.cri.translate.CheckpointMessages;
import io.gantry.cri.translate.ContainerMessages;
import io.gantry.cri.translate.MetricMessages;
import io.gantry.cri.translate.RequestIds;
import io.gantry.cri.translate.SandboxMessages;
import io.gantry.cri.translate.StatsMessages;
import io.gantry.cri.translate.StatusMessages;
import io.gantry.cri.translate.StreamingMessages;
import io.gantry.cri.translate.VerboseInfo;
import io.gantry.cri.v1.AttachRequest;
import io.gantry.cri.v1.AttachResponse;
import io.gantry.cri.v1.CheckpointContainerRequest;
import io.gantry.cri.v1.CheckpointContainerResponse;
import io.gantry.cri.v1.CheckpointPodRequest;
import io.gantry.cri.v1.CheckpointPodResponse;
import io.gantry.cri.v1.ContainerEventResponse;
import io.gantry.cri.v1.ContainerStatsRequest;
import io.gantry.cri.v1.ContainerStatsResponse;
import io.gantry.cri.v1.ContainerStatusRequest;
import io.gantry.cri.v1.ContainerStatusResponse;
import io.gantry.cri.v1.CreateContainerRequest;
import io.gantry.cri.v1.CreateContainerResponse;
import io.gantry.cri.v1.ExecRequest;
import io.gantry.cri.v1.ExecResponse;
import io.gantry.cri.v1.ExecSyncRequest;
import io.gantry.cri.v1.ExecSyncResponse;
import io.gantry.cri.v1.GetEventsRequest;
import io.gantry.cri.v1.ListContainerStatsRequest;
import io.gantry.cri.v1.ListContainerStatsResponse;
import io.gantry.cri.v1.ListContainersRequest;
import io.gantry.cri.v1.ListContainersResponse;
import io.gantry.cri.v1.ListMetricDescriptorsRequest;
import io.gantry.cri.v1.ListMetricDescriptorsResponse;
import io.gantry.cri.v1.ListPodSandboxMetricsRequest;
import io.gantry.cri.v1.ListPodSandboxMetricsResponse;
import io.gantry.cri.v1.ListPodSandboxRequest;
import io.gantry.cri.v1.ListPodSandboxResponse;
import io.gantry.cri.v1.ListPodSandboxStatsRequest;
import io.gantry.cri.v1.ListPodSandboxStatsResponse;
import io.gantry.cri.v1.PodSandboxStatsRequest;
import io.gantry.cri.v1.PodSandboxStatsResponse;
import io.gantry.cri.v1.PodSandboxStatusRequest;
import io.gantry.cri.v1.PodSandboxStatusResponse;
import io.gantry.cri.v1.PortForwardRequest;
import io.gantry.cri.v1.PortForwardResponse;
import io.gantry.cri.v1.RemoveContainerRequest;
import io.gantry.cri.v1.RemoveContainerResponse;
import io.gantry.cri.v1.RemovePodSandboxRequest;
import io.gantry.cri.v1.RemovePodSandboxResponse;
import io.gantry.cri.v1.ReopenContainerLogRequest;
import io.gantry.cri.v1.ReopenContainerLogResponse;
import io.gantry.cri.v1.RestorePodRequest;
import io.gantry.cri.v1.RestorePodResponse;
import io.gantry.cri.v1.RunPodSandboxRequest;
import io.gantry.cri.v1.RunPodSandboxResponse;
import io.gantry.cri.v1.RuntimeConfigRequest;
import io.gantry.cri.v1.RuntimeConfigResponse;
import io.gantry.cri.v1.RuntimeServiceGrpc;
import io.gantry.cri.v1.StartContainerRequest;
import io.gantry.cri.v1.StartContainerResponse;
import io.gantry.cri.v1.StatusRequest;
import io.gantry.cri.v1.StatusResponse;
import io.gantry.cri.v1.StopContainerRequest;
import io.gantry.cri.v1.StopContainerResponse;
import io.gantry.cri.v1.StopPodSandboxRequest;
import io.gantry.cri.v1.StopPodSandboxResponse;
import io.gantry.cri.v1.StreamContainerStatsRequest;
import io.gantry.cri.v1.StreamContainerStatsResponse;
import io.gantry.cri.v1.StreamContainersRequest;
import io.gantry.cri.v1.StreamContainersResponse;
import io.gantry.cri.v1.StreamPodSandboxMetricsRequest;
import io.gantry.cri.v1.StreamPodSandboxMetricsResponse;
import io.gantry.cri.v1.StreamPodSandboxStatsRequest;
import io.gantry.cri.v1.StreamPodSandboxStatsResponse;
import io.gantry.cri.v1.StreamPodSandboxesRequest;
import io.gantry.cri.v1.StreamPodSandboxesResponse;
import io.gantry.cri.v1.UpdateContainerResourcesRequest;
import io.gantry.cri.v1.UpdateContainerResourcesResponse;
import io.gantry.cri.v1.UpdatePodSandboxResourcesRequest;
import io.gantry.cri.v1.UpdatePodSandboxResourcesResponse;
import io.gantry.cri.v1.UpdateRuntimeConfigRequest;
import io.gantry.cri.v1.UpdateRuntimeConfigResponse;
import io.gantry.cri.v1.VersionRequest;
import io.gantry.cri.v1.VersionResponse;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.metrics.PodMetrics;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import io.grpc.stub.StreamObserver;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * RuntimeService of CRI. Every method translates its request, delegates, and translates the result; the calls that are not
 * overridden here answer UNIMPLEMENTED with their name.
 */
public final class RuntimeServiceEndpoint extends RuntimeServiceGrpc.RuntimeServiceImplBase {
    private static final Logger log = LoggerFactory.getLogger(RuntimeServiceEndpoint.class);

    private final SandboxOperations sandboxes;
    private final ContainerOperations containers;
    private final StreamOperations streams;
    private final NodeOperations node;
    private final StatsOperations stats;
    private final Clock clock;

    public RuntimeServiceEndpoint(
            SandboxOperations sandboxes,
            ContainerOperations containers,
            StreamOperations streams,
            NodeOperations node,
            StatsOperations stats,
            Clock clock) {
        this.sandboxes = sandboxes;
        this.containers = containers;
        this.streams = streams;
        this.node = node;
        this.stats = stats;
        this.clock = clock;
    }

    @Override
    public void version(VersionRequest request, StreamObserver<VersionResponse> client) {
        Calls.answer(client, () -> StatusMessages.version(node.version()));
    }

    @Override
    public void status(StatusRequest request, StreamObserver<StatusResponse> client) {
        Calls.answer(
                client,
                () -> StatusMessages.status(node.status(), request.getVerbose() ? node.verboseInfo() : Map.of()));
    }

    @Override
    public void runtimeConfig(RuntimeConfigRequest request, StreamObserver<RuntimeConfigResponse> client) {
        Calls.answer(client, () -> StatusMessages.runtimeConfig(node.usesSystemdCgroups()));
    }

    /** The pod CIDR is the network plugin's business here; noted in the log, nothing else. */
    @Override
    public void updateRuntimeConfig(
            UpdateRuntimeConfigRequest request, StreamObserver<UpdateRuntimeConfigResponse> client) {
        Calls.answer(client, () -> {
            log.info(
                    "pod network announced: cidr=\"{}\"",
                    request.getRuntimeConfig().getNetworkConfig().getPodCidr());
            return UpdateRuntimeConfigResponse.getDefaultInstance();
        });
    }

    @Override
    public void runPodSandbox(RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> client) {
        Calls.answer(client, () -> {
            String id = sandboxes.run(SandboxMessages.config(request), request.getRuntimeHandler());
            return RunPodSandboxResponse.newBuilder().setPodSandboxId(id).build();
        });
    }

    @Override
    public void stopPodSandbox(StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> client) {
        Calls.answer(client, () -> {
            sandboxes.stop(RequestIds.sandbox(request.getPodSandboxId(), "stop pod sandbox"));
            return StopPodSandboxResponse.getDefaultInstance();
        });
    }

    @Override
    public void removePodSandbox(RemovePodSandboxRequest request, StreamObserver<RemovePodSandboxResponse> client) {
        Calls.answer(client, () -> {
            sandboxes.remove(RequestIds.sandbox(request.getPodSandboxId(), "remove pod sandbox"));
            return RemovePodSandboxResponse.getDefaultInstance();
        });
    }

    @Override
    public void podSandboxStatus(PodSandboxStatusRequest request, StreamObserver<PodSandboxStatusResponse> client) {
        Calls.answer(client, () -> {
            PodSandbox sandbox =
                    sandboxes.status(RequestIds.sandbox(request.getPodSandboxId(), "tell the status of pod sandbox"));
            List<Container> inside = containers.list(new ContainerFilter("", sandbox.id(), null, Map.of()));
            PodSandboxStatusResponse.Builder response =
                    SandboxMessages.statusResponse(sandbox, inside, clock.instant()).toBuilder();
            if (request.getVerbose()) {
                response.putAllInfo(VerboseInfo.of(sandbox, sandboxes.verboseInfo(sandbox.id())));
            }
            return response.build();
        });
    }

    @Override
    public void listPodSandbox(ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> client) {
        Calls.answer(client, () -> SandboxMessages.list(sandboxes.list(SandboxMessages.filter(request.getFilter()))));
    }

    @Override
    public void streamPodSandboxes(
            StreamPodSandboxesRequest request, StreamObserver<StreamPodSandboxesResponse> client) {
        Calls.stream(
                client, () -> sandboxes.list(SandboxMessages.filter(request.getFilter())), SandboxMessages::streamed);
    }

    @Override
    public void updatePodSandboxResources(
            UpdatePodSandboxResourcesRequest request, StreamObserver<UpdatePodSandboxResourcesResponse> client) {
        Calls.answer(client, () -> {
            var update = SandboxMessages.resources(request);
            sandboxes.updateResources(update.sandboxId(), update.overhead(), update.resources());
            return UpdatePodSandboxResourcesResponse.getDefaultInstance();
        });
    }

    @Override
    public void createContainer(CreateContainerRequest request, StreamObserver<CreateContainerResponse> client) {
        Calls.answer(client, () -> {
            var creation = ContainerMessages.creation(request);
            String id = containers.create(creation.sandboxId(), creation.config(), creation.sandboxConfig());
            return CreateContainerResponse.newBuilder().setContainerId(id).build();
        });
    }

    @Override
    public void startContainer(StartContainerRequest request, StreamObserver<StartContainerResponse> client) {
        Calls.answer(client, () -> {
            containers.start(RequestIds.container(request.getContainerId(), "start container"));
            return StartContainerResponse.getDefaultInstance();
        });
    }

    @Override
    public void stopContainer(StopContainerRequest request, StreamObserver<StopContainerResponse> client) {
        Calls.answer(client, () -> {
            containers.stop(
                    RequestIds.container(request.getContainerId(), "stop container"),
                    ContainerMessages.stopTimeout(request));
            return StopContainerResponse.getDefaultInstance();
        });
    }

    @Override
    public void removeContainer(RemoveContainerRequest request, StreamObserver<RemoveContainerResponse> client) {
        Calls.answer(client, () -> {
            containers.remove(RequestIds.container(request.getContainerId(), "remove container"));
            return RemoveContainerResponse.getDefaultInstance();
        });
    }

    @Override
    public void containerStatus(ContainerStatusRequest request, StreamObserver<ContainerStatusResponse> client) {
        Calls.answer(client, () -> {
            Container container =
                    containers.status(RequestIds.container(request.getContainerId(), "tell the status of container"));
            ContainerStatusResponse.Builder response =
                    ContainerStatusResponse.newBuilder().setStatus(ContainerMessages.status(container));
            if (request.getVerbose()) {
                response.putAllInfo(VerboseInfo.of(containers.verboseInfo(container.id())));
            }
            return response.build();
        });
    }

    @Override
    public void listContainers(ListContainersRequest request, StreamObserver<ListContainersResponse> client) {
        Calls.answer(client, () -> ContainerMessages.list(matching(request.getFilter())));
    }

    @Override
    public void streamContainers(StreamContainersRequest request, StreamObserver<StreamContainersResponse> client) {
        Calls.stream(client, () -> matching(request.getFilter()), ContainerMessages::streamed);
    }

    private List<Container> matching(io.gantry.cri.v1.ContainerFilter filter) {
        return ContainerMessages.filter(filter).map(containers::list).orElse(List.of());
    }

    @Override
    public void updateContainerResources(
            UpdateContainerResourcesRequest request, StreamObserver<UpdateContainerResourcesResponse> client) {
        Calls.answer(client, () -> {
            containers.updateResources(
                    RequestIds.container(request.getContainerId(), "update resources of container"),
                    ContainerMessages.resources(request));
            return UpdateContainerResourcesResponse.getDefaultInstance();
        });
    }

    @Override
    public void reopenContainerLog(
            ReopenContainerLogRequest request, StreamObserver<ReopenContainerLogResponse> client) {
        Calls.answer(client, () -> {
            containers.reopenLog(RequestIds.container(request.getContainerId(), "reopen the log of container"));
            return ReopenContainerLogResponse.getDefaultInstance();
        });
    }

    @Override
    public void exec(ExecRequest request, StreamObserver<ExecResponse> client) {
        Calls.answer(
                client,
                () -> ExecResponse.newBuilder()
                        .setUrl(streams.urlFor(StreamingMessages.exec(request)))
                        .build());
    }

    @Override
    public void attach(AttachRequest request, StreamObserver<AttachResponse> client) {
        Calls.answer(
                client,
                () -> AttachResponse.newBuilder()
                        .setUrl(streams.urlFor(StreamingMessages.attach(request)))
                        .build());
    }

    @Override
    public void portForward(PortForwardRequest request, StreamObserver<PortForwardResponse> client) {
        Calls.answer(
                client,
                () -> PortForwardResponse.newBuilder()
                        .setUrl(streams.urlFor(StreamingMessages.portForward(request)))
                        .build());
    }

    @Override
    public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> client) {
        Calls.answer(client, () -> {
            var execution = ContainerMessages.execution(request);
            return ContainerMessages.executed(containers.execSync(
                    RequestIds.container(execution.containerId(), "run a command in container"),
                    execution.command(),
                    execution.timeout()));
        });
    }

    @Override
    public void containerStats(ContainerStatsRequest request, StreamObserver<ContainerStatsResponse> client) {
        Calls.answer(client, () -> {
            String id = RequestIds.container(request.getContainerId(), "read stats of container");
            return ContainerStatsResponse.newBuilder()
                    .setStats(StatsMessages.container(stats.container(id)))
                    .build();
        });
    }

    @Override
    public void listContainerStats(
            ListContainerStatsRequest request, StreamObserver<ListContainerStatsResponse> client) {
        Calls.answer(
                client,
                () -> StatsMessages.listContainers(stats.containers(StatsMessages.filter(request.getFilter()))));
    }

    @Override
    public void streamContainerStats(
            StreamContainerStatsRequest request, StreamObserver<StreamContainerStatsResponse> client) {
        Calls.stream(
                client,
                () -> stats.containers(StatsMessages.filter(request.getFilter())),
                StatsMessages::streamedContainers);
    }

    @Override
    public void podSandboxStats(PodSandboxStatsRequest request, StreamObserver<PodSandboxStatsResponse> client) {
        Calls.answer(client, () -> {
            String id = RequestIds.sandbox(request.getPodSandboxId(), "read stats of pod sandbox");
            return PodSandboxStatsResponse.newBuilder()
                    .setStats(StatsMessages.sandbox(stats.sandbox(id)))
                    .build();
        });
    }

    @Override
    public void listPodSandboxStats(
            ListPodSandboxStatsRequest request, StreamObserver<ListPodSandboxStatsResponse> client) {
        Calls.answer(
                client, () -> StatsMessages.listSandboxes(stats.sandboxes(StatsMessages.filter(request.getFilter()))));
    }

    @Override
    public void streamPodSandboxStats(
            StreamPodSandboxStatsRequest request, StreamObserver<StreamPodSandboxStatsResponse> client) {
        Calls.stream(
                client,
                () -> stats.sandboxes(StatsMessages.filter(request.getFilter())),
                StatsMessages::streamedSandboxes);
    }

    @Override
    public void listMetricDescriptors(
            ListMetricDescriptorsRequest request, StreamObserver<ListMetricDescriptorsResponse> client) {
        Calls.answer(client, () -> MetricMessages.descriptors(PodMetrics.families()));
    }

    @Override
    public void listPodSandboxMetrics(
            ListPodSandboxMetricsRequest request, StreamObserver<ListPodSandboxMetricsResponse> client) {
        Calls.answer(client, () -> MetricMessages.list(stats.samples()));
    }

    @Override
    public void streamPodSandboxMetrics(
            StreamPodSandboxMetricsRequest request, StreamObserver<StreamPodSandboxMetricsResponse> client) {
        Calls.stream(client, stats::samples, MetricMessages::streamed);
    }

    @Override
    public void getContainerEvents(GetEventsRequest request, StreamObserver<ContainerEventResponse> client) {
        EventCalls.serve(stats, client);
    }

    @Override
    public void checkpointContainer(
            CheckpointContainerRequest request, StreamObserver<CheckpointContainerResponse> client) {
        Calls.answer(client, () -> {
            var checkpoint = CheckpointMessages.container(request);
            containers.checkpoint(checkpoint.containerId(), checkpoint.location(), checkpoint.timeout());
            return CheckpointContainerResponse.getDefaultInstance();
        });
    }

    @Override
    public void checkpointPod(CheckpointPodRequest request, StreamObserver<CheckpointPodResponse> client) {
        Calls.answer(client, () -> {
            var checkpoint = CheckpointMessages.pod(request);
            sandboxes.checkpoint(checkpoint.sandboxId(), checkpoint.outputPath(), checkpoint.containerIds());
            return CheckpointPodResponse.getDefaultInstance();
        });
    }

    @Override
    public void restorePod(RestorePodRequest request, StreamObserver<RestorePodResponse> client) {
        Calls.answer(client, () -> {
            var restore = CheckpointMessages.restore(request);
            return CheckpointMessages.restored(sandboxes.restore(
                    restore.checkpointPath(), restore.config(), restore.runtimeHandler(), restore.containers()));
        });
    }
}
