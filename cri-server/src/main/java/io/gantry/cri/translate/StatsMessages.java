package io.gantry.cri.translate;

import io.gantry.cri.v1.ContainerAttributes;
import io.gantry.cri.v1.ContainerMetadata;
import io.gantry.cri.v1.ContainerStats;
import io.gantry.cri.v1.ContainerStatsFilter;
import io.gantry.cri.v1.CpuUsage;
import io.gantry.cri.v1.FilesystemIdentifier;
import io.gantry.cri.v1.FilesystemUsage;
import io.gantry.cri.v1.IoUsage;
import io.gantry.cri.v1.LinuxPodSandboxStats;
import io.gantry.cri.v1.ListContainerStatsResponse;
import io.gantry.cri.v1.ListPodSandboxStatsResponse;
import io.gantry.cri.v1.MemoryUsage;
import io.gantry.cri.v1.NetworkInterfaceUsage;
import io.gantry.cri.v1.NetworkUsage;
import io.gantry.cri.v1.PodSandboxAttributes;
import io.gantry.cri.v1.PodSandboxStats;
import io.gantry.cri.v1.PodSandboxStatsFilter;
import io.gantry.cri.v1.ProcessUsage;
import io.gantry.cri.v1.PsiData;
import io.gantry.cri.v1.PsiStats;
import io.gantry.cri.v1.StreamContainerStatsResponse;
import io.gantry.cri.v1.StreamPodSandboxStatsResponse;
import io.gantry.cri.v1.SwapUsage;
import io.gantry.cri.v1.UInt64Value;
import io.gantry.image.snapshot.SnapshotUsage;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.stats.CgroupUsage;
import io.gantry.pod.stats.ContainerUsage;
import io.gantry.pod.stats.NetworkInterface;
import io.gantry.pod.stats.Pressure;
import io.gantry.pod.stats.SandboxUsage;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Stats of sandboxes and containers. A figure that is not known is absent, never 0. */
public final class StatsMessages {
    private StatsMessages() {}

    /** Which containers a request wants the stats of; only those that run have any. */
    public static ContainerFilter filter(ContainerStatsFilter message) {
        return new ContainerFilter(
                message.getId(), message.getPodSandboxId(), ContainerPhase.RUNNING, message.getLabelSelectorMap());
    }

    public static SandboxFilter filter(PodSandboxStatsFilter message) {
        return new SandboxFilter(message.getId(), true, message.getLabelSelectorMap());
    }

    public static ListContainerStatsResponse listContainers(List<ContainerUsage> usages) {
        return ListContainerStatsResponse.newBuilder()
                .addAllStats(usages.stream().map(StatsMessages::container).toList())
                .build();
    }

    public static StreamContainerStatsResponse streamedContainers(List<ContainerUsage> usages) {
        return StreamContainerStatsResponse.newBuilder()
                .addAllContainerStats(
                        usages.stream().map(StatsMessages::container).toList())
                .build();
    }

    public static ListPodSandboxStatsResponse listSandboxes(List<SandboxUsage> usages) {
        return ListPodSandboxStatsResponse.newBuilder()
                .addAllStats(usages.stream().map(StatsMessages::sandbox).toList())
                .build();
    }

    public static StreamPodSandboxStatsResponse streamedSandboxes(List<SandboxUsage> usages) {
        return StreamPodSandboxStatsResponse.newBuilder()
                .addAllPodSandboxStats(
                        usages.stream().map(StatsMessages::sandbox).toList())
                .build();
    }

    /** One container. */
    public static ContainerStats container(ContainerUsage usage) {
        ContainerStats.Builder message = ContainerStats.newBuilder().setAttributes(attributes(usage.container()));
        CgroupUsage cgroup = usage.cgroup();
        if (cgroup != null) {
            message.setCpu(cpu(cgroup, usage.nanoCores())).setMemory(memory(cgroup, usage.memoryLimit()));
            if (cgroup.swapBytes() != null) {
                message.setSwap(swap(cgroup, cgroup.swapBytes(), usage.swapLimit()));
            }
            if (cgroup.pressures().io() != null) {
                message.setIo(io(cgroup, cgroup.pressures().io()));
            }
        }
        if (usage.writableLayer() != null) {
            message.setWritableLayer(writableLayer(usage.writableLayer(), usage.filesystem()));
        }
        return message.build();
    }

    /** One sandbox with its containers. */
    public static PodSandboxStats sandbox(SandboxUsage usage) {
        PodSandboxStats.Builder message = PodSandboxStats.newBuilder().setAttributes(attributes(usage.sandbox()));
        CgroupUsage cgroup = usage.cgroup();
        if (cgroup == null) {
            return message.build();
        }
        LinuxPodSandboxStats.Builder linux = message.getLinuxBuilder()
                .setCpu(cpu(cgroup, usage.nanoCores()))
                .setMemory(memory(cgroup, usage.memoryLimit()))
                .setProcess(ProcessUsage.newBuilder()
                        .setTimestamp(Checks.nanos(cgroup.at()))
                        .setProcessCount(number(usage.processes())))
                .addAllContainers(usage.containers().stream()
                        .map(StatsMessages::container)
                        .toList());
        if (cgroup.pressures().io() != null) {
            linux.setIo(io(cgroup, cgroup.pressures().io()));
        }
        if (!usage.interfaces().isEmpty()) {
            linux.setNetwork(network(cgroup, usage.interfaces()));
        }
        return message.build();
    }

    private static ContainerAttributes attributes(Container container) {
        return ContainerAttributes.newBuilder()
                .setId(container.id())
                .setMetadata(ContainerMetadata.newBuilder()
                        .setName(container.config().metadata().name())
                        .setAttempt(container.config().metadata().attempt()))
                .putAllLabels(container.config().labels())
                .putAllAnnotations(container.config().annotations())
                .build();
    }

    private static PodSandboxAttributes attributes(PodSandbox sandbox) {
        return PodSandboxAttributes.newBuilder()
                .setId(sandbox.id())
                .setMetadata(SandboxMessages.toMessage(sandbox.config().metadata()))
                .putAllLabels(sandbox.config().labels())
                .putAllAnnotations(sandbox.config().annotations())
                .build();
    }

    private static CpuUsage cpu(CgroupUsage cgroup, @Nullable Long nanoCores) {
        CpuUsage.Builder message = CpuUsage.newBuilder()
                .setTimestamp(Checks.nanos(cgroup.at()))
                .setUsageCoreNanoSeconds(number(cgroup.cpuNanos()));
        if (nanoCores != null) {
            message.setUsageNanoCores(number(nanoCores));
        }
        if (cgroup.pressures().cpu() != null) {
            message.setPsi(psi(cgroup.pressures().cpu()));
        }
        return message.build();
    }

    private static MemoryUsage memory(CgroupUsage cgroup, @Nullable Long limit) {
        var memory = cgroup.memory();
        MemoryUsage.Builder message = MemoryUsage.newBuilder()
                .setTimestamp(Checks.nanos(cgroup.at()))
                .setWorkingSetBytes(number(memory.workingSet()))
                .setUsageBytes(number(memory.usage()))
                .setRssBytes(number(memory.rss()))
                .setPageFaults(number(memory.pageFaults()))
                .setMajorPageFaults(number(memory.majorPageFaults()));
        if (limit != null) {
            message.setAvailableBytes(number(Math.max(0, limit - memory.workingSet())));
        }
        if (cgroup.pressures().memory() != null) {
            message.setPsi(psi(cgroup.pressures().memory()));
        }
        return message.build();
    }

    private static SwapUsage swap(CgroupUsage cgroup, long used, @Nullable Long limit) {
        SwapUsage.Builder message =
                SwapUsage.newBuilder().setTimestamp(Checks.nanos(cgroup.at())).setSwapUsageBytes(number(used));
        if (limit != null) {
            message.setSwapAvailableBytes(number(Math.max(0, limit - used)));
        }
        return message.build();
    }

    private static IoUsage io(CgroupUsage cgroup, Pressure pressure) {
        return IoUsage.newBuilder()
                .setTimestamp(Checks.nanos(cgroup.at()))
                .setPsi(psi(pressure))
                .build();
    }

    private static FilesystemUsage writableLayer(SnapshotUsage usage, String filesystem) {
        return FilesystemUsage.newBuilder()
                .setTimestamp(Checks.nanos(usage.measuredAt()))
                .setFsId(FilesystemIdentifier.newBuilder().setMountpoint(filesystem))
                .setUsedBytes(number(usage.bytes()))
                .setInodesUsed(number(usage.inodes()))
                .build();
    }

    private static NetworkUsage network(CgroupUsage cgroup, List<NetworkInterface> interfaces) {
        NetworkUsage.Builder message = NetworkUsage.newBuilder().setTimestamp(Checks.nanos(cgroup.at()));
        for (NetworkInterface each : interfaces) {
            if (each.name().equals(NetworkInterface.POD_INTERFACE)) {
                message.setDefaultInterface(network(each));
            } else {
                message.addInterfaces(network(each));
            }
        }
        return message.build();
    }

    private static NetworkInterfaceUsage network(NetworkInterface each) {
        return NetworkInterfaceUsage.newBuilder()
                .setName(each.name())
                .setRxBytes(number(each.rxBytes()))
                .setRxErrors(number(each.rxErrors()))
                .setTxBytes(number(each.txBytes()))
                .setTxErrors(number(each.txErrors()))
                .build();
    }

    private static PsiStats psi(Pressure pressure) {
        return PsiStats.newBuilder()
                .setFull(psi(pressure.full()))
                .setSome(psi(pressure.some()))
                .build();
    }

    private static PsiData psi(Pressure.Line line) {
        return PsiData.newBuilder()
                .setTotal(line.totalMicros())
                .setAvg10(line.avg10())
                .setAvg60(line.avg60())
                .setAvg300(line.avg300())
                .build();
    }

    private static UInt64Value number(long value) {
        return UInt64Value.newBuilder().setValue(value).build();
    }
}
