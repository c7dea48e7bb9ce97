package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.Container;
import io.gantry.cri.nri.proto.Hook;
import io.gantry.cri.nri.proto.Hooks;
import io.gantry.cri.nri.proto.IOPrioClass;
import io.gantry.cri.nri.proto.LinuxContainer;
import io.gantry.cri.nri.proto.LinuxDevice;
import io.gantry.cri.nri.proto.LinuxIOPriority;
import io.gantry.cri.nri.proto.LinuxNamespace;
import io.gantry.cri.nri.proto.LinuxNetDevice;
import io.gantry.cri.nri.proto.LinuxRdt;
import io.gantry.cri.nri.proto.Mount;
import io.gantry.cri.nri.proto.OptionalBool;
import io.gantry.cri.nri.proto.OptionalFileMode;
import io.gantry.cri.nri.proto.OptionalInt;
import io.gantry.cri.nri.proto.OptionalRepeatedString;
import io.gantry.cri.nri.proto.OptionalString;
import io.gantry.cri.nri.proto.OptionalUInt32;
import io.gantry.cri.nri.proto.POSIXRlimit;
import io.gantry.cri.nri.proto.User;
import java.util.List;
import java.util.function.Consumer;
import tools.jackson.databind.JsonNode;

/** From an OCI specification to what plugins see of it. */
final class SpecMessages {
    private SpecMessages() {}

    /** A number of 64 bits without a sign: no limit is 2^64 - 1. */
    private static long unsigned(JsonNode number) {
        return number.isIntegralNumber() ? number.bigIntegerValue().longValue() : 0;
    }

    static void addTo(Container.Builder message, JsonNode spec) {
        JsonNode process = spec.path("process");
        message.clearAnnotations();
        spec.path("annotations")
                .properties()
                .forEach(entry ->
                        message.putAnnotations(entry.getKey(), entry.getValue().asString("")));
        message.addAllArgs(strings(process.path("args"))).addAllEnv(strings(process.path("env")));
        for (JsonNode mount : spec.path("mounts")) {
            message.addMounts(Mount.newBuilder()
                    .setDestination(mount.path("destination").asString(""))
                    .setType(mount.path("type").asString(""))
                    .setSource(mount.path("source").asString(""))
                    .addAllOptions(strings(mount.path("options"))));
        }
        for (JsonNode limit : process.path("rlimits")) {
            message.addRlimits(POSIXRlimit.newBuilder()
                    .setType(limit.path("type").asString(""))
                    .setHard(unsigned(limit.path("hard")))
                    .setSoft(unsigned(limit.path("soft"))));
        }
        JsonNode user = process.path("user");
        User.Builder ids = User.newBuilder()
                .setUid((int) user.path("uid").asLong(0))
                .setGid((int) user.path("gid").asLong(0));
        user.path("additionalGids").forEach(id -> ids.addAdditionalGids((int) id.asLong(0)));
        message.setUser(ids);
        message.setHooks(hooks(spec.path("hooks")));
        message.setLinux(linux(spec));
    }

    private static Hooks hooks(JsonNode hooks) {
        Hooks.Builder message = Hooks.newBuilder();
        each(hooks.path("prestart"), message::addPrestart);
        each(hooks.path("createRuntime"), message::addCreateRuntime);
        each(hooks.path("createContainer"), message::addCreateContainer);
        each(hooks.path("startContainer"), message::addStartContainer);
        each(hooks.path("poststart"), message::addPoststart);
        each(hooks.path("poststop"), message::addPoststop);
        return message.build();
    }

    private static void each(JsonNode hooks, Consumer<Hook> add) {
        for (JsonNode hook : hooks) {
            Hook.Builder message = Hook.newBuilder()
                    .setPath(hook.path("path").asString(""))
                    .addAllArgs(strings(hook.path("args")))
                    .addAllEnv(strings(hook.path("env")));
            if (hook.has("timeout")) {
                message.setTimeout(
                        OptionalInt.newBuilder().setValue(hook.path("timeout").asLong(0)));
            }
            add.accept(message.build());
        }
    }

    private static LinuxContainer linux(JsonNode spec) {
        JsonNode linux = spec.path("linux");
        LinuxContainer.Builder message = LinuxContainer.newBuilder()
                .setCgroupsPath(linux.path("cgroupsPath").asString(""))
                .setResources(ResourceMessages.ofSpec(linux.path("resources")));
        for (JsonNode namespace : linux.path("namespaces")) {
            message.addNamespaces(LinuxNamespace.newBuilder()
                    .setType(namespace.path("type").asString(""))
                    .setPath(namespace.path("path").asString("")));
        }
        for (JsonNode device : linux.path("devices")) {
            message.addDevices(device(device));
        }
        JsonNode score = spec.at("/process/oomScoreAdj");
        if (!score.isMissingNode()) {
            message.setOomScoreAdj(OptionalInt.newBuilder().setValue(score.asLong(0)));
        }
        JsonNode priority = spec.at("/process/ioPriority");
        if (priority.isObject()) {
            message.setIoPriority(LinuxIOPriority.newBuilder()
                    .setClass_(ioClass(priority.path("class").asString("")))
                    .setPriority(priority.path("priority").asInt(0)));
        }
        JsonNode scheduler = spec.at("/process/scheduler");
        if (scheduler.isObject()) {
            message.setScheduler(SchedulerJson.read(scheduler));
        }
        JsonNode seccomp = linux.path("seccomp");
        if (seccomp.isObject()) {
            message.setSeccompPolicy(SeccompJson.read(seccomp));
        }
        linux.path("sysctl")
                .properties()
                .forEach(entry ->
                        message.putSysctl(entry.getKey(), entry.getValue().asString("")));
        linux.path("netDevices")
                .properties()
                .forEach(entry -> message.putNetDevices(
                        entry.getKey(),
                        LinuxNetDevice.newBuilder()
                                .setName(entry.getValue().path("name").asString(""))
                                .build()));
        JsonNode rdt = linux.path("intelRdt");
        if (rdt.isObject()) {
            message.setRdt(rdt(rdt));
        }
        return message.build();
    }

    private static LinuxDevice device(JsonNode device) {
        LinuxDevice.Builder message = LinuxDevice.newBuilder()
                .setPath(device.path("path").asString(""))
                .setType(device.path("type").asString(""))
                .setMajor(device.path("major").asLong(0))
                .setMinor(device.path("minor").asLong(0));
        if (device.has("fileMode")) {
            message.setFileMode(OptionalFileMode.newBuilder()
                    .setValue(device.path("fileMode").asInt(0)));
        }
        if (device.has("uid")) {
            message.setUid(OptionalUInt32.newBuilder()
                    .setValue((int) device.path("uid").asLong(0)));
        }
        if (device.has("gid")) {
            message.setGid(OptionalUInt32.newBuilder()
                    .setValue((int) device.path("gid").asLong(0)));
        }
        return message.build();
    }

    private static LinuxRdt rdt(JsonNode rdt) {
        LinuxRdt.Builder message = LinuxRdt.newBuilder();
        if (rdt.has("closID")) {
            message.setClosId(
                    OptionalString.newBuilder().setValue(rdt.path("closID").asString("")));
        }
        if (rdt.has("schemata")) {
            message.setSchemata(OptionalRepeatedString.newBuilder().addAllValue(strings(rdt.path("schemata"))));
        }
        if (rdt.has("enableMonitoring")) {
            message.setEnableMonitoring(OptionalBool.newBuilder()
                    .setValue(rdt.path("enableMonitoring").asBoolean(false)));
        }
        return message.build();
    }

    private static IOPrioClass ioClass(String name) {
        try {
            return IOPrioClass.valueOf(name);
        } catch (IllegalArgumentException e) {
            return IOPrioClass.IOPRIO_CLASS_NONE;
        }
    }

    static List<String> strings(JsonNode array) {
        return array.valueStream().map(node -> node.asString("")).toList();
    }
}
