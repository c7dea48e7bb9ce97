package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.LinuxCPU;
import io.gantry.cri.nri.proto.LinuxMemory;
import io.gantry.cri.nri.proto.LinuxResources;
import io.gantry.pod.plugin.ResourceChange;
import io.gantry.pod.spec.SpecResources;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** Limits that plugins want, as {@code resources} of the OCI runtime-spec. What has no value is not touched. */
final class ResourceJson {
    private ResourceJson() {}

    /** The same as a change of a container that exists. */
    static ResourceChange change(LinuxResources wanted) {
        ObjectNode spec = JsonNodeFactory.instance.objectNode();
        ObjectNode resources = spec.putObject("linux").putObject("resources");
        write(wanted, resources);
        return new ResourceChange(SpecResources.of(spec), resources);
    }

    /** Into the resources of a specification. */
    static void write(LinuxResources wanted, ObjectNode resources) {
        cpu(wanted.getCpu(), resources);
        memory(wanted.getMemory(), resources);
        wanted.getHugepageLimitsList().forEach(limit -> {
            ArrayNode limits = resources.withArray("hugepageLimits");
            remove(limits, "pageSize", limit.getPageSize());
            limits.addObject()
                    .put("pageSize", limit.getPageSize())
                    .put("limit", new java.math.BigInteger(Long.toUnsignedString(limit.getLimit())));
        });
        wanted.getUnifiedMap()
                .forEach((file, content) -> resources.withObject("unified").put(file, content));
        wanted.getDevicesList().forEach(rule -> {
            ObjectNode json = resources.withArray("devices").addObject().put("allow", rule.getAllow());
            if (!rule.getType().isEmpty()) {
                json.put("type", rule.getType());
            }
            if (rule.hasMajor()) {
                json.put("major", rule.getMajor().getValue());
            }
            if (rule.hasMinor()) {
                json.put("minor", rule.getMinor().getValue());
            }
            json.put("access", rule.getAccess());
        });
        if (wanted.hasPids()) {
            resources.withObject("pids").put("limit", wanted.getPids().getLimit());
        }
    }

    private static void cpu(LinuxCPU cpu, ObjectNode resources) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (cpu.hasShares()) {
            json.put("shares", cpu.getShares().getValue());
        }
        if (cpu.hasQuota()) {
            json.put("quota", cpu.getQuota().getValue());
        }
        if (cpu.hasPeriod()) {
            json.put("period", cpu.getPeriod().getValue());
        }
        if (cpu.hasRealtimeRuntime()) {
            json.put("realtimeRuntime", cpu.getRealtimeRuntime().getValue());
        }
        if (cpu.hasRealtimePeriod()) {
            json.put("realtimePeriod", cpu.getRealtimePeriod().getValue());
        }
        if (!cpu.getCpus().isEmpty()) {
            json.put("cpus", cpu.getCpus());
        }
        if (!cpu.getMems().isEmpty()) {
            json.put("mems", cpu.getMems());
        }
        if (!json.isEmpty()) {
            resources.withObject("cpu").setAll(json);
        }
    }

    private static void memory(LinuxMemory memory, ObjectNode resources) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        if (memory.hasLimit()) {
            json.put("limit", memory.getLimit().getValue());
        }
        if (memory.hasReservation()) {
            json.put("reservation", memory.getReservation().getValue());
        }
        if (memory.hasSwap()) {
            json.put("swap", memory.getSwap().getValue());
        }
        if (memory.hasKernel()) {
            json.put("kernel", memory.getKernel().getValue());
        }
        if (memory.hasKernelTcp()) {
            json.put("kernelTCP", memory.getKernelTcp().getValue());
        }
        if (memory.hasSwappiness()) {
            json.put("swappiness", memory.getSwappiness().getValue());
        }
        if (memory.hasDisableOomKiller()) {
            json.put("disableOOMKiller", memory.getDisableOomKiller().getValue());
        }
        if (memory.hasUseHierarchy()) {
            json.put("useHierarchy", memory.getUseHierarchy().getValue());
        }
        if (json.isEmpty()) {
            return;
        }
        ObjectNode existing = resources.withObject("memory");
        if (json.has("limit") && !json.has("swap")) {
            // The old one belongs to the old limit; a new one is put there where the host limits swap.
            existing.remove("swap");
        }
        existing.setAll(json);
    }

    /** Takes the elements away whose {@code key} is that value. */
    static void remove(ArrayNode array, String key, String value) {
        for (int i = array.size() - 1; i >= 0; i--) {
            JsonNode element = array.get(i);
            if (element.path(key).asString("").equals(value)) {
                array.remove(i);
            }
        }
    }
}
