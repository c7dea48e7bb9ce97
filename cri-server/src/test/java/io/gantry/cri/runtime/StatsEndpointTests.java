package io.gantry.cri.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.cri.grpc.TestServer;
import io.gantry.cri.v1.ContainerConfig;
import io.gantry.cri.v1.ContainerMetadata;
import io.gantry.cri.v1.ContainerStats;
import io.gantry.cri.v1.ContainerStatsFilter;
import io.gantry.cri.v1.ContainerStatsRequest;
import io.gantry.cri.v1.CreateContainerRequest;
import io.gantry.cri.v1.ImageSpec;
import io.gantry.cri.v1.ListContainerStatsRequest;
import io.gantry.cri.v1.ListMetricDescriptorsRequest;
import io.gantry.cri.v1.ListPodSandboxMetricsRequest;
import io.gantry.cri.v1.ListPodSandboxStatsRequest;
import io.gantry.cri.v1.Metric;
import io.gantry.cri.v1.MetricDescriptor;
import io.gantry.cri.v1.MetricType;
import io.gantry.cri.v1.PodSandboxConfig;
import io.gantry.cri.v1.PodSandboxMetadata;
import io.gantry.cri.v1.PodSandboxStats;
import io.gantry.cri.v1.PodSandboxStatsRequest;
import io.gantry.cri.v1.RunPodSandboxRequest;
import io.gantry.cri.v1.StreamContainerStatsRequest;
import io.gantry.cri.v1.StreamContainerStatsResponse;
import io.gantry.cri.v1.StreamPodSandboxMetricsRequest;
import io.gantry.cri.v1.StreamPodSandboxStatsRequest;
import io.gantry.image.snapshot.SnapshotUsage;
import io.gantry.pod.metrics.ContainerSamples;
import io.gantry.pod.metrics.MetricFamily;
import io.gantry.pod.metrics.MetricSample;
import io.gantry.pod.metrics.PodMetrics;
import io.gantry.pod.metrics.SandboxSamples;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.stats.CgroupUsage;
import io.gantry.pod.stats.ContainerUsage;
import io.gantry.pod.stats.MemoryUsage;
import io.gantry.pod.stats.NetworkInterface;
import io.gantry.pod.stats.Pressure;
import io.gantry.pod.stats.Pressures;
import io.gantry.pod.stats.SandboxUsage;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class StatsEndpointTests {
    private static final Pressure PRESSURE =
            new Pressure(new Pressure.Line(10, 1.5, 2.5, 3.5), new Pressure.Line(4, 0.5, 0, 0));
    private static final CgroupUsage FULL = new CgroupUsage(
            Instant.ofEpochSecond(50, 7),
            1_000,
            new MemoryUsage(100, 60, 40, 5, 1),
            8L,
            new Pressures(PRESSURE, PRESSURE, PRESSURE));
    private static final CgroupUsage BARE = new CgroupUsage(
            Instant.ofEpochSecond(50),
            1_000,
            new MemoryUsage(100, 60, 40, 5, 1),
            null,
            new Pressures(null, null, null));

    private final FakePods pods = new FakePods();
    private final FakeStats stats = new FakeStats();
    private final TestServer test = new TestServer();

    @BeforeEach
    void serve() {
        test.serving(
                new RuntimeServiceEndpoint(pods, pods.containerSide, request -> "", pods, stats, Clock.systemUTC()));
    }

    @AfterEach
    void close() {
        stats.streams.close();
        test.close();
    }

    private PodSandbox sandbox(String name) {
        PodSandboxConfig config = PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder()
                        .setName(name)
                        .setNamespace("default")
                        .setUid("u"))
                .putLabels("app", name)
                .putAnnotations("note", name)
                .build();
        String id = test.runtime()
                .runPodSandbox(
                        RunPodSandboxRequest.newBuilder().setConfig(config).build())
                .getPodSandboxId();
        return pods.status(id);
    }

    private Container container(PodSandbox sandbox, String name) {
        String id = test.runtime()
                .createContainer(CreateContainerRequest.newBuilder()
                        .setPodSandboxId(sandbox.id())
                        .setConfig(ContainerConfig.newBuilder()
                                .setMetadata(ContainerMetadata.newBuilder()
                                        .setName(name)
                                        .setAttempt(2))
                                .setImage(ImageSpec.newBuilder().setImage("busybox"))
                                .putLabels("tier", name)
                                .putAnnotations("note", name))
                        .setSandboxConfig(PodSandboxConfig.newBuilder()
                                .setMetadata(PodSandboxMetadata.newBuilder()
                                        .setName("web")
                                        .setNamespace("default")
                                        .setUid("u")))
                        .build())
                .getContainerId();
        return pods.containerSide.status(id);
    }

    private ContainerUsage full(Container container) {
        return new ContainerUsage(
                container,
                FULL,
                77L,
                200L,
                20L,
                new SnapshotUsage(4096, 3, Instant.ofEpochSecond(40)),
                "/var/lib/gantry");
    }

    private ContainerStats statsOf(Container container) {
        return test.runtime()
                .containerStats(ContainerStatsRequest.newBuilder()
                        .setContainerId(container.id())
                        .build())
                .getStats();
    }

    @Test
    void everyFigureOfAContainerIsTold() {
        Container container = container(sandbox("web"), "main");
        stats.containers.add(full(container));

        ContainerStats message = statsOf(container);

        assertThat(message.getAttributes().getId()).isEqualTo(container.id());
        assertThat(message.getAttributes().getMetadata().getName()).isEqualTo("main");
        assertThat(message.getAttributes().getMetadata().getAttempt()).isEqualTo(2);
        assertThat(message.getAttributes().getLabelsMap()).containsEntry("tier", "main");
        assertThat(message.getAttributes().getAnnotationsMap()).containsEntry("note", "main");
        assertThat(message.getCpu().getTimestamp()).isEqualTo(50_000_000_007L);
        assertThat(message.getCpu().getUsageCoreNanoSeconds().getValue()).isEqualTo(1_000);
        assertThat(message.getCpu().getUsageNanoCores().getValue()).isEqualTo(77);
        assertThat(message.getCpu().getPsi().getSome().getTotal()).isEqualTo(10);
        assertThat(message.getCpu().getPsi().getSome().getAvg300()).isEqualTo(3.5);
        assertThat(message.getCpu().getPsi().getFull().getAvg10()).isEqualTo(0.5);
        assertThat(message.getMemory().getUsageBytes().getValue()).isEqualTo(100);
        assertThat(message.getMemory().getWorkingSetBytes().getValue()).isEqualTo(60);
        assertThat(message.getMemory().getAvailableBytes().getValue()).isEqualTo(140);
        assertThat(message.getMemory().getRssBytes().getValue()).isEqualTo(40);
        assertThat(message.getMemory().getPageFaults().getValue()).isEqualTo(5);
        assertThat(message.getMemory().getMajorPageFaults().getValue()).isEqualTo(1);
        assertThat(message.getMemory().hasPsi()).isTrue();
        assertThat(message.getSwap().getSwapUsageBytes().getValue()).isEqualTo(8);
        assertThat(message.getSwap().getSwapAvailableBytes().getValue()).isEqualTo(12);
        assertThat(message.getIo().hasPsi()).isTrue();
        assertThat(message.getWritableLayer().getUsedBytes().getValue()).isEqualTo(4096);
        assertThat(message.getWritableLayer().getInodesUsed().getValue()).isEqualTo(3);
        assertThat(message.getWritableLayer().getFsId().getMountpoint()).isEqualTo("/var/lib/gantry");
        assertThat(message.getWritableLayer().getTimestamp()).isEqualTo(40_000_000_000L);
        assertThat(message.getAllFields())
                .hasSameSizeAs(ContainerStats.getDescriptor().getFields());
    }

    @Test
    void whatIsNotKnownIsAbsent() {
        Container container = container(sandbox("web"), "main");
        stats.containers.add(new ContainerUsage(container, BARE, null, null, null, null, "/var/lib/gantry"));

        ContainerStats message = statsOf(container);

        assertThat(message.getCpu().hasUsageNanoCores()).isFalse();
        assertThat(message.getCpu().hasPsi()).isFalse();
        assertThat(message.getMemory().hasAvailableBytes()).isFalse();
        assertThat(message.getMemory().hasPsi()).isFalse();
        assertThat(message.hasSwap()).isFalse();
        assertThat(message.hasIo()).isFalse();
        assertThat(message.hasWritableLayer()).isFalse();
    }

    @Test
    void aSandboxHasItsOwnFiguresAndThoseOfItsContainers() {
        PodSandbox sandbox = sandbox("web");
        NetworkInterface eth0 = new NetworkInterface("eth0", 1, 2, 3, 4, 5, 6, 7, 8);
        NetworkInterface net1 = new NetworkInterface("net1", 11, 12, 13, 14, 15, 16, 17, 18);
        stats.sandboxes.add(new SandboxUsage(
                sandbox, FULL, 77L, 200L, List.of(net1, eth0), 9, List.of(full(container(sandbox, "main")))));

        PodSandboxStats message = test.runtime()
                .podSandboxStats(PodSandboxStatsRequest.newBuilder()
                        .setPodSandboxId(sandbox.id())
                        .build())
                .getStats();

        assertThat(message.getAttributes().getMetadata().getNamespace()).isEqualTo("default");
        assertThat(message.getAttributes().getLabelsMap()).containsEntry("app", "web");
        assertThat(message.getAttributes().getAnnotationsMap()).containsEntry("note", "web");
        assertThat(message.getLinux().getCpu().getUsageNanoCores().getValue()).isEqualTo(77);
        assertThat(message.getLinux().getMemory().getAvailableBytes().getValue())
                .isEqualTo(140);
        assertThat(message.getLinux().getProcess().getProcessCount().getValue()).isEqualTo(9);
        assertThat(message.getLinux().getIo().hasPsi()).isTrue();
        assertThat(message.getLinux().getContainersList()).hasSize(1);
        var network = message.getLinux().getNetwork();
        assertThat(network.getDefaultInterface().getName()).isEqualTo("eth0");
        assertThat(network.getDefaultInterface().getRxBytes().getValue()).isEqualTo(1);
        assertThat(network.getDefaultInterface().getRxErrors().getValue()).isEqualTo(3);
        assertThat(network.getDefaultInterface().getTxBytes().getValue()).isEqualTo(5);
        assertThat(network.getDefaultInterface().getTxErrors().getValue()).isEqualTo(7);
        assertThat(network.getInterfacesList())
                .extracting(each -> each.getName())
                .containsExactly("net1");
        assertThat(message.hasWindows()).isFalse();
    }

    @Test
    void aSandboxThatIsNotReadyHasAttributesOnly() {
        PodSandbox sandbox = sandbox("web");
        stats.sandboxes.add(new SandboxUsage(sandbox, null, null, null, List.of(), 0, List.of()));

        PodSandboxStats message = test.runtime()
                .podSandboxStats(PodSandboxStatsRequest.newBuilder()
                        .setPodSandboxId(sandbox.id())
                        .build())
                .getStats();

        assertThat(message.hasAttributes()).isTrue();
        assertThat(message.hasLinux()).isFalse();
    }

    @Test
    void streamsTellEveryItemOnceInMessagesOfBoundedSize() {
        PodSandbox sandbox = sandbox("web");
        for (int i = 0; i < 250; i++) {
            stats.containers.add(full(container(sandbox, "c" + i)));
            stats.sandboxes.add(new SandboxUsage(sandbox, BARE, null, null, List.of(), 1, List.of()));
            stats.samples.add(new SandboxSamples("p" + i, List.of(), List.of()));
        }
        var runtime = test.runtime();

        List<ContainerStats> streamed = new ArrayList<>();
        List<Integer> sizes = new ArrayList<>();
        Iterator<StreamContainerStatsResponse> messages =
                runtime.streamContainerStats(StreamContainerStatsRequest.getDefaultInstance());
        messages.forEachRemaining(message -> {
            sizes.add(message.getContainerStatsCount());
            streamed.addAll(message.getContainerStatsList());
        });

        assertThat(sizes).containsExactly(100, 100, 50);
        assertThat(streamed)
                .isEqualTo(runtime.listContainerStats(ListContainerStatsRequest.getDefaultInstance())
                        .getStatsList());
        List<PodSandboxStats> pods = new ArrayList<>();
        runtime.streamPodSandboxStats(StreamPodSandboxStatsRequest.getDefaultInstance())
                .forEachRemaining(message -> pods.addAll(message.getPodSandboxStatsList()));
        assertThat(pods)
                .hasSize(250)
                .isEqualTo(runtime.listPodSandboxStats(ListPodSandboxStatsRequest.getDefaultInstance())
                        .getStatsList());
        List<String> metrics = new ArrayList<>();
        runtime.streamPodSandboxMetrics(StreamPodSandboxMetricsRequest.getDefaultInstance())
                .forEachRemaining(message ->
                        message.getPodSandboxMetricsList().forEach(pod -> metrics.add(pod.getPodSandboxId())));
        assertThat(metrics).hasSize(250).doesNotHaveDuplicates();
    }

    @Test
    void filtersReachTheReader() {
        Container one = container(sandbox("web"), "one");
        Container two = container(sandbox("db"), "two");
        stats.containers.add(full(one));
        stats.containers.add(full(two));

        var response = test.runtime()
                .listContainerStats(ListContainerStatsRequest.newBuilder()
                        .setFilter(ContainerStatsFilter.newBuilder().setPodSandboxId(two.sandboxId()))
                        .build());

        assertThat(response.getStatsList())
                .extracting(message -> message.getAttributes().getId())
                .containsExactly(two.id());
    }

    @Test
    void unknownAndMissingIdsAreRefused() {
        assertThat(code(() -> test.runtime()
                        .containerStats(ContainerStatsRequest.newBuilder()
                                .setContainerId("nobody")
                                .build())))
                .isEqualTo(Status.Code.NOT_FOUND);
        assertThat(code(() -> test.runtime().containerStats(ContainerStatsRequest.getDefaultInstance())))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
        assertThat(code(() -> test.runtime().podSandboxStats(PodSandboxStatsRequest.getDefaultInstance())))
                .isEqualTo(Status.Code.INVALID_ARGUMENT);
    }

    private static Status.Code code(Runnable call) {
        return catchThrowableOfType(StatusRuntimeException.class, call::run)
                .getStatus()
                .getCode();
    }

    @Test
    void metricsHaveTheDescriptorsLabels() {
        MetricFamily family = PodMetrics.families().getFirst();
        List<String> labels =
                family.labels().stream().map(name -> "value of " + name).toList();
        MetricSample sample = new MetricSample(family, labels, 12);
        stats.samples.add(
                new SandboxSamples("p1", List.of(sample), List.of(new ContainerSamples("c1", List.of(sample)))));

        MetricDescriptor descriptor = test.runtime()
                .listMetricDescriptors(ListMetricDescriptorsRequest.getDefaultInstance())
                .getDescriptors(0);
        var pod = test.runtime()
                .listPodSandboxMetrics(ListPodSandboxMetricsRequest.getDefaultInstance())
                .getPodMetrics(0);

        assertThat(descriptor.getName()).isEqualTo(family.name());
        assertThat(descriptor.getHelp()).isEqualTo(family.help());
        assertThat(pod.getPodSandboxId()).isEqualTo("p1");
        assertThat(pod.getContainerMetrics(0).getContainerId()).isEqualTo("c1");
        for (Metric metric :
                List.of(pod.getMetrics(0), pod.getContainerMetrics(0).getMetrics(0))) {
            assertThat(metric.getName()).isEqualTo(descriptor.getName());
            assertThat(metric.getMetricType()).isEqualTo(MetricType.COUNTER);
            assertThat(metric.getLabelValuesList()).hasSameSizeAs(descriptor.getLabelKeysList());
            assertThat(metric.getValue().getValue()).isEqualTo(12);
        }
    }
}
