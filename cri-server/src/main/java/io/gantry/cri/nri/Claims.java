package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.CDIDevice;
import io.gantry.cri.nri.proto.ContainerAdjustment;
import io.gantry.cri.nri.proto.Field;
import io.gantry.cri.nri.proto.Hooks;
import io.gantry.cri.nri.proto.HugepageLimit;
import io.gantry.cri.nri.proto.KeyValue;
import io.gantry.cri.nri.proto.LinuxCPU;
import io.gantry.cri.nri.proto.LinuxContainerAdjustment;
import io.gantry.cri.nri.proto.LinuxDevice;
import io.gantry.cri.nri.proto.LinuxMemory;
import io.gantry.cri.nri.proto.LinuxNamespace;
import io.gantry.cri.nri.proto.LinuxRdt;
import io.gantry.cri.nri.proto.LinuxResources;
import io.gantry.cri.nri.proto.Mount;
import io.gantry.cri.nri.proto.POSIXRlimit;
import java.util.List;

/** What one plugin sets in one container, claimed from {@link Owners} field by field. */
final class Claims {
    private final Owners owners;
    private final String container;
    private final PluginName plugin;

    Claims(Owners owners, String container, PluginName plugin) {
        this.owners = owners;
        this.container = container;
        this.plugin = plugin;
    }

    /** @throws io.gantry.platform.error.GantryException when another plugin has set something of it */
    void claim(ContainerAdjustment adjustment) {
        marked(Field.Annotations, List.copyOf(adjustment.getAnnotationsMap().keySet()));
        marked(
                Field.Mounts,
                adjustment.getMountsList().stream().map(Mount::getDestination).toList());
        marked(Field.Env, adjustment.getEnvList().stream().map(KeyValue::getKey).toList());
        if (adjustment.getArgsCount() > 0) {
            if (adjustment.getArgs(0).isEmpty()) {
                owners.clear(container, List.of(Field.Args));
            }
            simple(true, Field.Args);
        }
        if (!adjustment.getHooks().equals(Hooks.getDefaultInstance())) {
            owners.note(container, Field.OciHooks, plugin);
        }
        adjustment.getRlimitsList().stream().map(POSIXRlimit::getType).forEach(type -> entry(Field.Rlimits, type));
        adjustment.getCDIDevicesList().stream().map(CDIDevice::getName).forEach(name -> entry(Field.CdiDevices, name));
        if (adjustment.hasLinux()) {
            claim(adjustment.getLinux());
        }
    }

    private void claim(LinuxContainerAdjustment linux) {
        marked(
                Field.Devices,
                linux.getDevicesList().stream().map(LinuxDevice::getPath).toList());
        claim(linux.getResources());
        simple(!linux.getCgroupsPath().isEmpty(), Field.CgroupsPath);
        simple(linux.hasOomScoreAdj(), Field.OomScoreAdj);
        simple(linux.hasIoPriority(), Field.IoPriority);
        simple(linux.hasSeccompPolicy(), Field.SeccompPolicy);
        linux.getNamespacesList().stream()
                .map(LinuxNamespace::getType)
                .forEach(type -> entry(Field.Namespace, Names.plain(type)));
        marked(Field.Sysctl, List.copyOf(linux.getSysctlMap().keySet()));
        marked(Field.LinuxNetDevices, List.copyOf(linux.getNetDevicesMap().keySet()));
        simple(linux.hasScheduler(), Field.LinuxSched);
        LinuxRdt rdt = linux.getRdt();
        if (rdt.getRemove()) {
            owners.clear(container, List.of(Field.RdtClosID, Field.RdtSchemata, Field.RdtEnableMonitoring));
        }
        simple(rdt.hasClosId(), Field.RdtClosID);
        simple(rdt.hasSchemata(), Field.RdtSchemata);
        simple(rdt.hasEnableMonitoring(), Field.RdtEnableMonitoring);
        simple(linux.hasMemoryPolicy(), Field.MemoryPolicy);
    }

    /** @throws io.gantry.platform.error.GantryException when another plugin has set something of it */
    void claim(LinuxResources resources) {
        LinuxMemory memory = resources.getMemory();
        simple(memory.hasLimit(), Field.MemLimit);
        simple(memory.hasReservation(), Field.MemReservation);
        simple(memory.hasSwap(), Field.MemSwapLimit);
        simple(memory.hasKernel(), Field.MemKernelLimit);
        simple(memory.hasKernelTcp(), Field.MemTCPLimit);
        simple(memory.hasSwappiness(), Field.MemSwappiness);
        simple(memory.hasDisableOomKiller(), Field.MemDisableOomKiller);
        simple(memory.hasUseHierarchy(), Field.MemUseHierarchy);
        LinuxCPU cpu = resources.getCpu();
        simple(cpu.hasShares(), Field.CPUShares);
        simple(cpu.hasQuota(), Field.CPUQuota);
        simple(cpu.hasPeriod(), Field.CPUPeriod);
        simple(cpu.hasRealtimeRuntime(), Field.CPURealtimeRuntime);
        simple(cpu.hasRealtimePeriod(), Field.CPURealtimePeriod);
        simple(!cpu.getCpus().isEmpty(), Field.CPUSetCPUs);
        simple(!cpu.getMems().isEmpty(), Field.CPUSetMems);
        simple(resources.hasPids(), Field.PidsLimit);
        resources.getHugepageLimitsList().stream()
                .map(HugepageLimit::getPageSize)
                .forEach(size -> entry(Field.HugepageLimits, size));
        simple(resources.hasBlockioClass(), Field.BlockioClass);
        simple(resources.hasRdtClass(), Field.RdtClass);
        resources.getUnifiedMap().keySet().forEach(file -> entry(Field.CgroupsUnified, file));
    }

    private void simple(boolean set, Field field) {
        if (set) {
            owners.claim(container, field, plugin);
        }
    }

    private void entry(Field field, String entry) {
        owners.claim(container, field, entry, plugin);
    }

    private void marked(Field field, List<String> keys) {
        owners.claimMarked(container, field, keys, plugin);
    }
}
