package io.gantry.pod.spec;

import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The profile that RuntimeDefault means. Its lists of system calls are data (seccomp-default.json); the few calls that
 * are allowed for some arguments only are here.
 */
final class DefaultSeccomp {
    private static final int EPERM = 1;
    private static final int ENOSYS = 38;

    /** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET (clone(2)). */
    private static final long NEW_NAMESPACES = 0x7E02_0000L;

    /** Linux, BSD, their variants with UNAME26 and "just tell me" (personality(2)). */
    private static final long[] PERSONALITIES = {0x0, 0x8, 0x2_0000, 0x2_0008, 0xFFFF_FFFFL};

    /** Sockets to the hypervisor would leave the container (vsock(7)). */
    private static final int AF_VSOCK = 40;

    private static final JsonNode DATA = read();

    private DefaultSeccomp() {}

    static ObjectNode profile(String architecture, CapabilitySets capabilities) {
        JsonNode arch = DATA.path("architectures").path(architecture);
        Set<String> allowed = new TreeSet<>();
        addAll(allowed, DATA.path("allow"));
        addAll(allowed, arch.path("allow"));
        for (Map.Entry<String, JsonNode> entry : DATA.path("capabilities").properties()) {
            if (capabilities.has(entry.getKey())) {
                addAll(allowed, entry.getValue());
            }
        }

        ObjectNode profile =
                Nodes.object().put("defaultAction", "SCMP_ACT_ERRNO").put("defaultErrnoRet", EPERM);
        if (arch.path("names").isArray()) {
            profile.set("architectures", arch.path("names").deepCopy());
        }
        ArrayNode rules = profile.putArray("syscalls");
        rules.addObject().put("action", "SCMP_ACT_ALLOW").set("names", Nodes.strings(allowed));
        for (long personality : PERSONALITIES) {
            allow(rules, "personality", argument(0, personality, "SCMP_CMP_EQ"));
        }
        allow(rules, "socket", argument(0, AF_VSOCK, "SCMP_CMP_NE"));
        if (!allowed.contains("clone")) {
            // The first two arguments of clone are the other way round on s390x.
            int flags = architecture.equals("s390x") ? 1 : 0;
            allow(
                    rules,
                    "clone",
                    argument(flags, NEW_NAMESPACES, "SCMP_CMP_MASKED_EQ").put("valueTwo", 0));
            // Its flags lie in memory that a filter cannot read. C libraries fall back to clone when it "is not there".
            rules.addObject()
                    .put("action", "SCMP_ACT_ERRNO")
                    .put("errnoRet", ENOSYS)
                    .putArray("names")
                    .add("clone3");
        }
        return profile;
    }

    private static void allow(ArrayNode rules, String call, ObjectNode argument) {
        ObjectNode rule = rules.addObject().put("action", "SCMP_ACT_ALLOW");
        rule.putArray("names").add(call);
        rule.putArray("args").add(argument);
    }

    private static ObjectNode argument(int index, long value, String operator) {
        return Nodes.object().put("index", index).put("value", value).put("op", operator);
    }

    private static void addAll(Set<String> names, JsonNode list) {
        list.forEach(name -> names.add(name.asString()));
    }

    private static JsonNode read() {
        try (InputStream in = DefaultSeccomp.class.getResourceAsStream("seccomp-default.json")) {
            if (in == null) {
                throw new IllegalStateException("seccomp-default.json is missing from the jar");
            }
            return Json.mapper().readTree(in.readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
