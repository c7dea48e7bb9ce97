package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.LinuxScheduler;
import io.gantry.cri.nri.proto.LinuxSchedulerFlag;
import io.gantry.cri.nri.proto.LinuxSchedulerPolicy;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** {@code process.scheduler} of the OCI runtime-spec (config.md, "Scheduler"). */
final class SchedulerJson {
    private SchedulerJson() {}

    static LinuxScheduler read(JsonNode json) {
        LinuxScheduler.Builder message = LinuxScheduler.newBuilder()
                .setNice(json.path("nice").asInt(0))
                .setPriority(json.path("priority").asInt(0))
                .setRuntime(json.path("runtime").asLong(0))
                .setDeadline(json.path("deadline").asLong(0))
                .setPeriod(json.path("period").asLong(0));
        for (LinuxSchedulerPolicy policy : LinuxSchedulerPolicy.values()) {
            if (policy.name().equals(json.path("policy").asString(""))) {
                message.setPolicy(policy);
            }
        }
        for (JsonNode name : json.path("flags")) {
            for (LinuxSchedulerFlag flag : LinuxSchedulerFlag.values()) {
                if (flag.name().equals(name.asString(""))) {
                    message.addFlags(flag);
                }
            }
        }
        return message.build();
    }

    /** Into {@code process}; a policy of SCHED_NONE takes it away. */
    static void write(LinuxScheduler scheduler, ObjectNode process) {
        if (scheduler.getPolicy() == LinuxSchedulerPolicy.SCHED_NONE) {
            process.remove("scheduler");
            return;
        }
        ObjectNode json = process.putObject("scheduler").put("policy", Names.of(scheduler.getPolicy()));
        put(json, "nice", scheduler.getNice());
        put(json, "priority", scheduler.getPriority());
        put(json, "runtime", scheduler.getRuntime());
        put(json, "deadline", scheduler.getDeadline());
        put(json, "period", scheduler.getPeriod());
        if (scheduler.getFlagsCount() > 0) {
            var flags = json.putArray("flags");
            scheduler.getFlagsList().forEach(flag -> flags.add(Names.of(flag)));
        }
    }

    private static void put(ObjectNode json, String name, long value) {
        if (value != 0) {
            json.put(name, value);
        }
    }
}
