package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.HugepageLimit;
import io.gantry.cri.nri.proto.LinuxCPU;
import io.gantry.cri.nri.proto.LinuxDeviceCgroup;
import io.gantry.cri.nri.proto.LinuxMemory;
import io.gantry.cri.nri.proto.LinuxPids;
import io.gantry.cri.nri.proto.LinuxResources;
import io.gantry.cri.nri.proto.OptionalBool;
import io.gantry.cri.nri.proto.OptionalInt64;
import io.gantry.cri.nri.proto.OptionalUInt64;
import tools.jackson.databind.JsonNode;

/** Limits as plugins see them, from CRI's and from those of an OCI specification. */
final class ResourceMessages {
    private ResourceMessages() {}

    static LinuxResources of(io.gantry.pod.config.LinuxResources limits) {
        LinuxCPU.Builder cpu =
                LinuxCPU.newBuilder().setCpus(limits.cpusetCpus()).setMems(limits.cpusetMems());
        if (limits.cpuShares() != 0) {
            cpu.setShares(unsigned(limits.cpuShares()));
        }
        if (limits.cpuQuota() != 0) {
            cpu.setQuota(signed(limits.cpuQuota()));
        }
        if (limits.cpuPeriod() != 0) {
            cpu.setPeriod(unsigned(limits.cpuPeriod()));
        }
        LinuxMemory.Builder memory = LinuxMemory.newBuilder();
        if (limits.memoryLimit() != 0) {
            memory.setLimit(signed(limits.memoryLimit()));
        }
        if (limits.memorySwapLimit() != 0) {
            memory.setSwap(signed(limits.memorySwapLimit()));
        }
        LinuxResources.Builder message =
                LinuxResources.newBuilder().setCpu(cpu).setMemory(memory).putAllUnified(limits.unified());
        limits.hugepageLimits()
                .forEach(limit -> message.addHugepageLimits(
                        HugepageLimit.newBuilder().setPageSize(limit.pageSize()).setLimit(limit.limit())));
        return message.build();
    }

    /** @param resources {@code linux.resources} of config.json */
    static LinuxResources ofSpec(JsonNode resources) {
        LinuxResources.Builder message = LinuxResources.newBuilder()
                .setCpu(cpu(resources.path("cpu")))
                .setMemory(memory(resources.path("memory")));
        for (JsonNode limit : resources.path("hugepageLimits")) {
            message.addHugepageLimits(HugepageLimit.newBuilder()
                    .setPageSize(limit.path("pageSize").asString(""))
                    .setLimit(limit.path("limit").asLong(0)));
        }
        resources
                .path("unified")
                .properties()
                .forEach(file ->
                        message.putUnified(file.getKey(), file.getValue().asString("")));
        for (JsonNode rule : resources.path("devices")) {
            LinuxDeviceCgroup.Builder device = LinuxDeviceCgroup.newBuilder()
                    .setAllow(rule.path("allow").asBoolean(false))
                    .setType(rule.path("type").asString(""))
                    .setAccess(rule.path("access").asString(""));
            if (rule.has("major")) {
                device.setMajor(signed(rule.path("major").asLong(0)));
            }
            if (rule.has("minor")) {
                device.setMinor(signed(rule.path("minor").asLong(0)));
            }
            message.addDevices(device);
        }
        JsonNode pids = resources.at("/pids/limit");
        if (!pids.isMissingNode()) {
            message.setPids(LinuxPids.newBuilder().setLimit(pids.asLong(0)));
        }
        return message.build();
    }

    private static LinuxCPU cpu(JsonNode cpu) {
        LinuxCPU.Builder message = LinuxCPU.newBuilder()
                .setCpus(cpu.path("cpus").asString(""))
                .setMems(cpu.path("mems").asString(""));
        if (cpu.has("shares")) {
            message.setShares(unsigned(cpu.path("shares").asLong(0)));
        }
        if (cpu.has("quota")) {
            message.setQuota(signed(cpu.path("quota").asLong(0)));
        }
        if (cpu.has("period")) {
            message.setPeriod(unsigned(cpu.path("period").asLong(0)));
        }
        if (cpu.has("realtimeRuntime")) {
            message.setRealtimeRuntime(signed(cpu.path("realtimeRuntime").asLong(0)));
        }
        if (cpu.has("realtimePeriod")) {
            message.setRealtimePeriod(unsigned(cpu.path("realtimePeriod").asLong(0)));
        }
        return message.build();
    }

    private static LinuxMemory memory(JsonNode memory) {
        LinuxMemory.Builder message = LinuxMemory.newBuilder();
        if (memory.has("limit")) {
            message.setLimit(signed(memory.path("limit").asLong(0)));
        }
        if (memory.has("reservation")) {
            message.setReservation(signed(memory.path("reservation").asLong(0)));
        }
        if (memory.has("swap")) {
            message.setSwap(signed(memory.path("swap").asLong(0)));
        }
        if (memory.has("kernel")) {
            message.setKernel(signed(memory.path("kernel").asLong(0)));
        }
        if (memory.has("kernelTCP")) {
            message.setKernelTcp(signed(memory.path("kernelTCP").asLong(0)));
        }
        if (memory.has("swappiness")) {
            message.setSwappiness(unsigned(memory.path("swappiness").asLong(0)));
        }
        if (memory.has("disableOOMKiller")) {
            message.setDisableOomKiller(flag(memory.path("disableOOMKiller").asBoolean(false)));
        }
        if (memory.has("useHierarchy")) {
            message.setUseHierarchy(flag(memory.path("useHierarchy").asBoolean(false)));
        }
        return message.build();
    }

    private static OptionalInt64 signed(long value) {
        return OptionalInt64.newBuilder().setValue(value).build();
    }

    private static OptionalUInt64 unsigned(long value) {
        return OptionalUInt64.newBuilder().setValue(value).build();
    }

    private static OptionalBool flag(boolean value) {
        return OptionalBool.newBuilder().setValue(value).build();
    }
}
