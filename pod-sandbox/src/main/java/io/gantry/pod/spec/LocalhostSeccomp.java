package io.gantry.pod.spec;

import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * A seccomp profile of the node: a file in the OCI form, or in Docker's, which adds {@code archMap} and conditions on
 * capabilities and architectures that are settled here.
 */
final class LocalhostSeccomp {
    private static final int MAX_BYTES = 4 << 20;
    private static final String LOCALHOST = "localhost/";
    private static final Set<String> ACTIONS = Set.of(
            "SCMP_ACT_KILL",
            "SCMP_ACT_KILL_PROCESS",
            "SCMP_ACT_KILL_THREAD",
            "SCMP_ACT_TRAP",
            "SCMP_ACT_ERRNO",
            "SCMP_ACT_TRACE",
            "SCMP_ACT_ALLOW",
            "SCMP_ACT_LOG",
            "SCMP_ACT_NOTIFY");

    /** Java's names of architectures to those in profiles. */
    private static final Map<String, String> GO_ARCHITECTURES = Map.of("amd64", "amd64", "aarch64", "arm64");

    private static final Map<String, String> SECCOMP_ARCHITECTURES = Map.of(
            "amd64", "SCMP_ARCH_X86_64",
            "aarch64", "SCMP_ARCH_AARCH64",
            "ppc64le", "SCMP_ARCH_PPC64LE",
            "riscv64", "SCMP_ARCH_RISCV64",
            "s390x", "SCMP_ARCH_S390X");

    private final SpecContext context;
    private final CapabilitySets capabilities;

    LocalhostSeccomp(SpecContext context, CapabilitySets capabilities) {
        this.context = context;
        this.capabilities = capabilities;
    }

    ObjectNode load(String reference) {
        String name = reference.startsWith(LOCALHOST) ? reference.substring(LOCALHOST.length()) : reference;
        if (!name.startsWith("/")) {
            throw context.invalid("seccomp profile '" + reference + "' is not an absolute path");
        }
        Path file = Path.of(name);
        ObjectNode profile = parse(file);
        String action = profile.path("defaultAction").asString("");
        requireAction(file, "defaultAction", action);

        if (!profile.has("architectures") && profile.path("archMap").isArray()) {
            profile.set("architectures", architectures(profile.path("archMap")));
        }
        profile.remove("archMap");
        JsonNode rules = profile.path("syscalls");
        if (!rules.isMissingNode() && !rules.isNull() && !rules.isArray()) {
            throw context.invalid("seccomp profile " + file + ": 'syscalls' is not a list");
        }
        ArrayNode kept = Nodes.array();
        for (JsonNode rule : rules) {
            if (!rule.isObject()) {
                throw context.invalid("seccomp profile " + file + ": an entry of 'syscalls' is not an object");
            }
            if (applies(rule)) {
                kept.add(rule(file, (ObjectNode) rule));
            }
        }
        profile.set("syscalls", kept);
        return profile;
    }

    private ObjectNode parse(Path file) {
        byte[] content;
        try {
            if (Files.exists(file) && !Files.isRegularFile(file)) {
                throw context.invalid("seccomp profile " + file + " is not a regular file");
            }
            if (Files.size(file) > MAX_BYTES) {
                throw context.invalid("seccomp profile " + file + " is larger than 4 MiB");
            }
            content = Files.readAllBytes(file);
        } catch (NoSuchFileException e) {
            throw context.unmet("seccomp profile " + file + " does not exist", "put it there on each node")
                    .causedBy(e);
        } catch (IOException e) {
            throw context.unmet("cannot read seccomp profile " + file + ": " + e.getMessage(), "check its permissions")
                    .causedBy(e);
        }
        JsonNode json;
        try {
            json = Json.mapper().readTree(content);
        } catch (JacksonException e) {
            throw context.invalid("seccomp profile " + file + " is not JSON: " + e.getOriginalMessage())
                    .causedBy(e);
        }
        if (!json.isObject()) {
            throw context.invalid("seccomp profile " + file + " is not a JSON object");
        }
        return (ObjectNode) json;
    }

    private ObjectNode rule(Path file, ObjectNode rule) {
        requireAction(file, "action of a rule", rule.path("action").asString(""));
        if (!rule.path("names").isArray() && rule.path("name").isString()) {
            rule.putArray("names").add(rule.path("name").asString());
        }
        if (!rule.path("names").isArray() || rule.path("names").isEmpty()) {
            throw context.invalid("seccomp profile " + file + ": an entry of 'syscalls' has no names");
        }
        for (String key : new String[] {"name", "comment", "includes", "excludes"}) {
            rule.remove(key);
        }
        if (!rule.path("args").isArray()) {
            rule.remove("args");
        }
        return rule;
    }

    private void requireAction(Path file, String what, String action) {
        if (!ACTIONS.contains(action)) {
            throw context.invalid(
                    "seccomp profile " + file + ": " + what + " '" + action + "' is not a seccomp action");
        }
    }

    private boolean applies(JsonNode rule) {
        JsonNode includes = rule.path("includes");
        JsonNode excludes = rule.path("excludes");
        boolean wanted = (includes.path("caps").isEmpty()
                        || includes.path("caps").valueStream().allMatch(this::isGranted))
                && (includes.path("arches").isEmpty()
                        || includes.path("arches").valueStream().anyMatch(this::isArchitecture));
        boolean unwanted = excludes.path("caps").valueStream().anyMatch(this::isGranted)
                || excludes.path("arches").valueStream().anyMatch(this::isArchitecture);
        return wanted && !unwanted;
    }

    private boolean isGranted(JsonNode capability) {
        return capabilities.has(capability.asString("").toUpperCase(Locale.ROOT));
    }

    private boolean isArchitecture(JsonNode name) {
        String own = context.host().architecture();
        return name.asString("").equals(GO_ARCHITECTURES.getOrDefault(own, own));
    }

    private ArrayNode architectures(JsonNode archMap) {
        ArrayNode architectures = Nodes.array();
        String own = SECCOMP_ARCHITECTURES.getOrDefault(context.host().architecture(), "");
        for (JsonNode entry : archMap) {
            if (entry.path("architecture").asString("").equals(own)) {
                architectures.add(own);
                entry.path("subArchitectures").forEach(architectures::add);
            }
        }
        return architectures;
    }
}
