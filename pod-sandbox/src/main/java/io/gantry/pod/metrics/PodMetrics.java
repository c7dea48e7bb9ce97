package io.gantry.pod.metrics;

import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.config.SandboxMetadata;
import io.gantry.pod.state.Container;
import io.gantry.pod.stats.CgroupFigures;
import io.gantry.pod.stats.ContainerFigures;
import io.gantry.pod.stats.DeviceIo;
import io.gantry.pod.stats.FilesystemFigures;
import io.gantry.pod.stats.HugePages;
import io.gantry.pod.stats.NetworkInterface;
import io.gantry.pod.stats.PodStats;
import io.gantry.pod.stats.ProcessCounts;
import io.gantry.pod.stats.SandboxFigures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Metrics of pods, under cAdvisor's names and labels, so that the kubelet's {@code /metrics/cadvisor} says the same as with
 * a runtime that cAdvisor knows. A container's series carry its name, a pod's network those of container {@code POD}, and
 * the series of a pod's cgroup an empty one.
 */
public final class PodMetrics {
    /** What cAdvisor's series call the container that holds a pod's namespaces. */
    private static final String POD_CONTAINER = "POD";

    private final PodStats stats;
    private final BlockDevices devices;

    public PodMetrics(PodStats stats) {
        this(stats, new BlockDevices(Path.of("/sys/dev/block")));
    }

    PodMetrics(PodStats stats, BlockDevices devices) {
        this.stats = stats;
        this.devices = devices;
    }

    /** ListMetricDescriptors: always the same. */
    public static List<MetricFamily> families() {
        return Families.all();
    }

    /** ListPodSandboxMetrics: of ready sandboxes and running containers. */
    public List<SandboxSamples> samples() throws InterruptedException {
        FilesystemFigures filesystem = stats.filesystem();
        List<SandboxSamples> all = new ArrayList<>();
        for (SandboxFigures sandbox : stats.figures()) {
            all.add(samples(sandbox, filesystem));
        }
        return all;
    }

    SandboxSamples samples(SandboxFigures sandbox, FilesystemFigures filesystem) {
        SandboxMetadata pod = sandbox.sandbox().config().metadata();
        String id = sandbox.sandbox().id();
        List<MetricSample> ofPod = new ArrayList<>();
        SampleList network =
                new SampleList(List.of(POD_CONTAINER, sandbox.sandbox().cgroup(), "", id, pod.namespace(), pod.name()));
        sandbox.interfaces().forEach(each -> addNetwork(network, each));
        ofPod.addAll(network.toList());
        CgroupFigures cgroup = sandbox.pod();
        if (cgroup != null) {
            SampleList whole = new SampleList(List.of("", sandbox.podCgroup(), "", "", pod.namespace(), pod.name()));
            addFigures(whole, cgroup);
            ofPod.addAll(whole.toList());
        }
        return new SandboxSamples(
                id,
                ofPod,
                sandbox.containers().stream()
                        .map(container -> samples(container, pod, filesystem))
                        .toList());
    }

    private ContainerSamples samples(ContainerFigures figures, SandboxMetadata pod, FilesystemFigures filesystem) {
        Container container = figures.container();
        SampleList samples = new SampleList(List.of(
                container.config().metadata().name(),
                container.cgroup(),
                image(container),
                container.id(),
                pod.namespace(),
                pod.name()));
        addFigures(samples, figures.cgroup());
        addIo(samples, figures.cgroup());
        addHugePages(samples, figures.cgroup());
        addFilesystem(samples, figures, filesystem);
        addProcesses(samples, figures.processes());
        samples.add(Families.LAST_SEEN, figures.at().getEpochSecond());
        var startedAt = container.status().startedAt();
        if (startedAt != null) {
            samples.add(Families.START_TIME, startedAt.getEpochSecond());
        }
        return new ContainerSamples(container.id(), samples.toList());
    }

    /** The image as its user named it. */
    private static String image(Container container) {
        ImageSpec image = container.config().image();
        return image.userSpecifiedImage().isEmpty() ? image.image() : image.userSpecifiedImage();
    }

    private static void addFigures(SampleList samples, CgroupFigures cgroup) {
        for (FigureMetric metric : FigureMetric.ALL) {
            Long value = cgroup.values().get(metric.figure());
            if (value != null) {
                samples.add(metric.family(), value / metric.unit(), metric.labels());
            }
        }
    }

    private void addIo(SampleList samples, CgroupFigures cgroup) {
        for (DeviceIo io : cgroup.io()) {
            String device = devices.name(io.major(), io.minor());
            String major = Integer.toString(io.major());
            String minor = Integer.toString(io.minor());
            samples.add(Families.BLKIO, io.readBytes(), device, major, minor, "Read");
            samples.add(Families.BLKIO, io.writeBytes(), device, major, minor, "Write");
            samples.add(Families.FS_READ_BYTES, io.readBytes(), device);
            samples.add(Families.FS_READS, io.reads(), device);
            samples.add(Families.FS_WRITE_BYTES, io.writeBytes(), device);
            samples.add(Families.FS_WRITES, io.writes(), device);
        }
    }

    private static void addHugePages(SampleList samples, CgroupFigures cgroup) {
        for (HugePages pages : cgroup.hugePages()) {
            samples.add(Families.HUGE_PAGES, pages.usage(), pages.size());
            if (pages.maxUsage() != null) {
                samples.add(Families.MAX_HUGE_PAGES, pages.maxUsage(), pages.size());
            }
        }
    }

    private static void addFilesystem(SampleList samples, ContainerFigures figures, FilesystemFigures filesystem) {
        String device = filesystem.device();
        if (figures.writableLayer() != null) {
            samples.add(Families.FS_USAGE, figures.writableLayer().bytes(), device);
        }
        samples.add(Families.FS_LIMIT, filesystem.bytes(), device);
        samples.add(Families.FS_INODES, filesystem.inodes(), device);
        samples.add(Families.FS_FREE_INODES, filesystem.freeInodes(), device);
    }

    private static void addProcesses(SampleList samples, @Nullable ProcessCounts processes) {
        if (processes == null) {
            return;
        }
        samples.add(Families.FILE_DESCRIPTORS, processes.fileDescriptors());
        samples.add(Families.SOCKETS, processes.sockets());
        if (processes.maxOpenFiles() != null) {
            samples.add(Families.ULIMITS, processes.maxOpenFiles(), "max_open_files");
        }
    }

    private static void addNetwork(SampleList samples, NetworkInterface each) {
        samples.add(Families.RECEIVE_BYTES, each.rxBytes(), each.name());
        samples.add(Families.RECEIVE_PACKETS, each.rxPackets(), each.name());
        samples.add(Families.RECEIVE_DROPPED, each.rxDropped(), each.name());
        samples.add(Families.RECEIVE_ERRORS, each.rxErrors(), each.name());
        samples.add(Families.TRANSMIT_BYTES, each.txBytes(), each.name());
        samples.add(Families.TRANSMIT_PACKETS, each.txPackets(), each.name());
        samples.add(Families.TRANSMIT_DROPPED, each.txDropped(), each.name());
        samples.add(Families.TRANSMIT_ERRORS, each.txErrors(), each.name());
    }
}
