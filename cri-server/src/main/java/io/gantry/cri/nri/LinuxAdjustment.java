package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.IOPrioClass;
import io.gantry.cri.nri.proto.LinuxContainerAdjustment;
import io.gantry.cri.nri.proto.LinuxDevice;
import io.gantry.cri.nri.proto.LinuxIOPriority;
import io.gantry.cri.nri.proto.LinuxMemoryPolicy;
import io.gantry.cri.nri.proto.LinuxNamespace;
import io.gantry.cri.nri.proto.LinuxRdt;
import io.gantry.cri.nri.proto.LinuxResources;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.List;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The Linux part of {@link SpecAdjustment}. */
final class LinuxAdjustment {
    private final ObjectNode spec;
    private final ObjectNode linux;

    LinuxAdjustment(ObjectNode spec) {
        this.spec = spec;
        this.linux = spec.withObject("linux");
    }

    void apply(LinuxContainerAdjustment change) {
        devices(change.getDevicesList());
        if (change.hasResources()) {
            resources(change.getResources());
        }
        if (!change.getCgroupsPath().isEmpty()) {
            linux.put("cgroupsPath", change.getCgroupsPath());
        }
        if (change.hasOomScoreAdj()) {
            spec.withObject("process")
                    .put("oomScoreAdj", change.getOomScoreAdj().getValue());
        }
        if (change.hasIoPriority()) {
            ioPriority(change.getIoPriority());
        }
        if (change.hasSeccompPolicy()) {
            linux.set("seccomp", SeccompJson.write(change.getSeccompPolicy()));
        }
        namespaces(change.getNamespacesList());
        SpecAdjustment.merge(change.getSysctlMap(), "sysctl", linux);
        change.getNetDevicesMap()
                .keySet()
                .forEach(name -> Names.removal(name)
                        .ifPresent(removed -> linux.withObject("netDevices").remove(removed)));
        change.getNetDevicesMap().forEach((name, device) -> {
            if (Names.removal(name).isEmpty()) {
                linux.withObject("netDevices").putObject(name).put("name", device.getName());
            }
        });
        if (change.hasScheduler()) {
            SchedulerJson.write(change.getScheduler(), spec.withObject("process"));
        }
        if (change.hasRdt()) {
            rdt(change.getRdt());
        }
        if (change.hasMemoryPolicy()) {
            memoryPolicy(change.getMemoryPolicy());
        }
    }

    private void devices(List<LinuxDevice> changes) {
        if (changes.isEmpty()) {
            return;
        }
        ArrayNode devices = linux.withArray("devices");
        for (LinuxDevice change : changes) {
            ResourceJson.remove(devices, "path", Names.plain(change.getPath()));
        }
        for (LinuxDevice change : changes) {
            if (Names.removal(change.getPath()).isEmpty()) {
                devices.add(device(devices.objectNode(), change));
                if (!change.getType().equals("p")) {
                    allow(change);
                }
            }
        }
        if (devices.isEmpty()) {
            linux.remove("devices");
        }
    }

    private static ObjectNode device(ObjectNode json, LinuxDevice device) {
        json.put("path", device.getPath()).put("type", device.getType());
        if (!device.getType().equals("p")) {
            json.put("major", device.getMajor()).put("minor", device.getMinor());
        }
        if (device.hasFileMode()) {
            json.put("fileMode", Integer.toUnsignedLong(device.getFileMode().getValue()) & 0777);
        }
        if (device.hasUid()) {
            json.put("uid", Integer.toUnsignedLong(device.getUid().getValue()));
        }
        if (device.hasGid()) {
            json.put("gid", Integer.toUnsignedLong(device.getGid().getValue()));
        }
        return json;
    }

    /** A device node is of no use without the right to it; what its mode lets nobody do is not allowed either. */
    private void allow(LinuxDevice device) {
        int mode = device.hasFileMode() ? device.getFileMode().getValue() : 0666;
        String access = ((mode & 0444) != 0 ? "r" : "") + ((mode & 0222) != 0 ? "w" : "") + "m";
        linux.withObject("resources")
                .withArray("devices")
                .addObject()
                .put("allow", true)
                .put("type", device.getType())
                .put("major", device.getMajor())
                .put("minor", device.getMinor())
                .put("access", access);
    }

    private void resources(LinuxResources resources) {
        ResourceJson.write(resources, linux.withObject("resources"));
        if (resources.hasBlockioClass()) {
            requireNoBlockIoClass(resources);
            linux.withObject("resources").remove("blockIO");
        }
        if (resources.hasRdtClass()) {
            String name = resources.getRdtClass().getValue();
            if (name.isEmpty()) {
                linux.remove("intelRdt");
            } else {
                linux.withObject("intelRdt").put("closID", name);
            }
        }
    }

    /** Classes of block I/O are a table that other runtimes are configured with; Gantry has none. */
    static void requireNoBlockIoClass(LinuxResources resources) {
        if (resources.hasBlockioClass()
                && !resources.getBlockioClass().getValue().isEmpty()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    "set block I/O class " + resources.getBlockioClass().getValue(),
                    "no classes of block I/O are defined on this node");
        }
    }

    private void ioPriority(LinuxIOPriority priority) {
        if (priority.getClass_() == IOPrioClass.IOPRIO_CLASS_NONE) {
            spec.withObject("process").remove("ioPriority");
            return;
        }
        spec.withObject("process")
                .putObject("ioPriority")
                .put("class", Names.of(priority.getClass_()))
                .put("priority", priority.getPriority());
    }

    private void namespaces(List<LinuxNamespace> changes) {
        for (LinuxNamespace change : changes) {
            ArrayNode namespaces = linux.withArray("namespaces");
            ResourceJson.remove(namespaces, "type", Names.plain(change.getType()));
            if (Names.removal(change.getType()).isEmpty()) {
                ObjectNode namespace = namespaces.addObject().put("type", change.getType());
                if (!change.getPath().isEmpty()) {
                    namespace.put("path", change.getPath());
                }
            }
        }
    }

    private void rdt(LinuxRdt rdt) {
        if (rdt.getRemove()) {
            linux.remove("intelRdt");
        }
        if (rdt.hasClosId()) {
            linux.withObject("intelRdt").put("closID", rdt.getClosId().getValue());
        }
        if (rdt.hasSchemata()) {
            ArrayNode schemata = linux.withObject("intelRdt").putArray("schemata");
            rdt.getSchemata().getValueList().forEach(schemata::add);
        }
        if (rdt.hasEnableMonitoring()) {
            linux.withObject("intelRdt")
                    .put("enableMonitoring", rdt.getEnableMonitoring().getValue());
        }
    }

    private void memoryPolicy(LinuxMemoryPolicy policy) {
        ObjectNode json = linux.putObject("memoryPolicy").put("mode", Names.of(policy.getMode()));
        if (!policy.getNodes().isEmpty()) {
            json.put("nodes", policy.getNodes());
        }
        if (policy.getFlagsCount() > 0) {
            ArrayNode flags = json.putArray("flags");
            policy.getFlagsList().forEach(flag -> flags.add(Names.of(flag)));
        }
    }
}
