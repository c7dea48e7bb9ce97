package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.LinuxSeccomp;
import io.gantry.cri.nri.proto.LinuxSeccompArg;
import io.gantry.cri.nri.proto.LinuxSyscall;
import io.gantry.cri.nri.proto.OptionalUInt32;
import java.util.List;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/** {@code linux.seccomp} of the OCI runtime-spec (config-linux.md, "Seccomp"). */
final class SeccompJson {
    private SeccompJson() {}

    static LinuxSeccomp read(JsonNode json) {
        LinuxSeccomp.Builder message = LinuxSeccomp.newBuilder()
                .setDefaultAction(json.path("defaultAction").asString(""))
                .addAllArchitectures(SpecMessages.strings(json.path("architectures")))
                .addAllFlags(SpecMessages.strings(json.path("flags")))
                .setListenerPath(json.path("listenerPath").asString(""))
                .setListenerMetadata(json.path("listenerMetadata").asString(""));
        if (json.has("defaultErrnoRet")) {
            message.setDefaultErrno(OptionalUInt32.newBuilder()
                    .setValue((int) json.path("defaultErrnoRet").asLong(0)));
        }
        for (JsonNode syscall : json.path("syscalls")) {
            LinuxSyscall.Builder rule = LinuxSyscall.newBuilder()
                    .addAllNames(SpecMessages.strings(syscall.path("names")))
                    .setAction(syscall.path("action").asString(""));
            if (syscall.has("errnoRet")) {
                rule.setErrnoRet(OptionalUInt32.newBuilder()
                        .setValue((int) syscall.path("errnoRet").asLong(0)));
            }
            for (JsonNode arg : syscall.path("args")) {
                rule.addArgs(LinuxSeccompArg.newBuilder()
                        .setIndex(arg.path("index").asInt(0))
                        .setValue(arg.path("value").asLong(0))
                        .setValueTwo(arg.path("valueTwo").asLong(0))
                        .setOp(arg.path("op").asString("")));
            }
            message.addSyscalls(rule);
        }
        return message.build();
    }

    static ObjectNode write(LinuxSeccomp policy) {
        ObjectNode json = JsonNodeFactory.instance.objectNode().put("defaultAction", policy.getDefaultAction());
        if (policy.hasDefaultErrno()) {
            json.put(
                    "defaultErrnoRet",
                    Integer.toUnsignedLong(policy.getDefaultErrno().getValue()));
        }
        strings(json, "architectures", policy.getArchitecturesList());
        strings(json, "flags", policy.getFlagsList());
        if (!policy.getListenerPath().isEmpty()) {
            json.put("listenerPath", policy.getListenerPath());
            json.put("listenerMetadata", policy.getListenerMetadata());
        }
        if (policy.getSyscallsCount() > 0) {
            var rules = json.putArray("syscalls");
            policy.getSyscallsList().forEach(rule -> rules.add(write(rule)));
        }
        return json;
    }

    private static ObjectNode write(LinuxSyscall rule) {
        ObjectNode json = JsonNodeFactory.instance.objectNode();
        strings(json, "names", rule.getNamesList());
        json.put("action", rule.getAction());
        if (rule.hasErrnoRet()) {
            json.put("errnoRet", Integer.toUnsignedLong(rule.getErrnoRet().getValue()));
        }
        if (rule.getArgsCount() > 0) {
            var args = json.putArray("args");
            rule.getArgsList()
                    .forEach(arg -> args.addObject()
                            .put("index", arg.getIndex())
                            .put("value", new java.math.BigInteger(Long.toUnsignedString(arg.getValue())))
                            .put("valueTwo", new java.math.BigInteger(Long.toUnsignedString(arg.getValueTwo())))
                            .put("op", arg.getOp()));
        }
        return json;
    }

    private static void strings(ObjectNode json, String name, List<String> values) {
        if (!values.isEmpty()) {
            var array = json.putArray(name);
            values.forEach(array::add);
        }
    }
}
