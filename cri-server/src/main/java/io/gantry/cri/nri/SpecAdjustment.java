package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.ContainerAdjustment;
import io.gantry.cri.nri.proto.Hook;
import io.gantry.cri.nri.proto.Hooks;
import io.gantry.cri.nri.proto.KeyValue;
import io.gantry.cri.nri.proto.Mount;
import io.gantry.cri.nri.proto.POSIXRlimit;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * Makes the changes of one plugin in an OCI specification. CDI devices are left to whoever can resolve them; order of mounts
 * and what the host does not allow are put right later.
 */
final class SpecAdjustment {
    private final ObjectNode spec;

    SpecAdjustment(ObjectNode spec) {
        this.spec = spec;
    }

    /** @throws io.gantry.platform.error.GantryException for a value that the specification has no word for */
    void apply(ContainerAdjustment adjustment) {
        merge(adjustment.getAnnotationsMap(), "annotations", spec);
        environment(adjustment.getEnvList());
        arguments(adjustment.getArgsList());
        mounts(adjustment.getMountsList());
        hooks(adjustment.getHooks());
        adjustment.getRlimitsList().forEach(this::rlimit);
        if (adjustment.hasLinux()) {
            new LinuxAdjustment(spec).apply(adjustment.getLinux());
        }
    }

    /** Removals first: a plugin that removes a key and sets it, sets it. */
    static void merge(Map<String, String> changes, String name, ObjectNode parent) {
        if (changes.isEmpty()) {
            return;
        }
        ObjectNode object = parent.withObject(name);
        changes.keySet().forEach(key -> Names.removal(key).ifPresent(object::remove));
        changes.forEach((key, value) -> {
            if (Names.removal(key).isEmpty()) {
                object.put(key, value);
            }
        });
    }

    private void environment(List<KeyValue> changes) {
        if (changes.isEmpty()) {
            return;
        }
        Map<String, String> variables = new java.util.LinkedHashMap<>();
        List<String> odd = new ArrayList<>();
        for (String variable : SpecMessages.strings(spec.at("/process/env"))) {
            int equals = variable.indexOf('=');
            if (equals < 0) {
                odd.add(variable);
            } else {
                variables.put(variable.substring(0, equals), variable.substring(equals + 1));
            }
        }
        changes.forEach(change -> Names.removal(change.getKey()).ifPresent(variables::remove));
        for (KeyValue change : changes) {
            if (Names.removal(change.getKey()).isEmpty()) {
                variables.put(change.getKey(), change.getValue());
            }
        }
        ArrayNode array = spec.withObject("process").putArray("env");
        variables.forEach((name, value) -> array.add(name + "=" + value));
        odd.forEach(array::add);
    }

    /** An empty first argument says that those of another plugin are replaced. */
    private void arguments(List<String> arguments) {
        if (arguments.isEmpty()) {
            return;
        }
        ArrayNode array = spec.withObject("process").putArray("args");
        (arguments.getFirst().isEmpty() ? arguments.subList(1, arguments.size()) : arguments).forEach(array::add);
    }

    private void mounts(List<Mount> changes) {
        if (changes.isEmpty()) {
            return;
        }
        ArrayNode mounts = spec.withArray("mounts");
        for (Mount change : changes) {
            ResourceJson.remove(mounts, "destination", Names.plain(change.getDestination()));
        }
        for (Mount change : changes) {
            if (Names.removal(change.getDestination()).isEmpty()) {
                ObjectNode mount = mounts.addObject().put("destination", change.getDestination());
                if (!change.getType().isEmpty()) {
                    mount.put("type", change.getType());
                }
                mount.put("source", change.getSource());
                ArrayNode options = mount.putArray("options");
                change.getOptionsList().forEach(options::add);
                propagate(change.getOptionsList());
            }
        }
    }

    /** Events reach a mount only by way of a root file system that lets them through. */
    private void propagate(List<String> options) {
        String now = spec.at("/linux/rootfsPropagation").asString("");
        if (options.contains("rshared") || options.contains("shared")) {
            spec.withObject("linux").put("rootfsPropagation", "rshared");
        } else if ((options.contains("rslave") || options.contains("slave")) && !now.endsWith("shared")) {
            spec.withObject("linux").put("rootfsPropagation", "rslave");
        }
    }

    private void hooks(Hooks hooks) {
        add("prestart", hooks.getPrestartList());
        add("createRuntime", hooks.getCreateRuntimeList());
        add("createContainer", hooks.getCreateContainerList());
        add("startContainer", hooks.getStartContainerList());
        add("poststart", hooks.getPoststartList());
        add("poststop", hooks.getPoststopList());
    }

    private void add(String moment, List<Hook> hooks) {
        for (Hook hook : hooks) {
            ObjectNode json = JsonNodeFactory.instance.objectNode().put("path", hook.getPath());
            ArrayNode arguments = json.putArray("args");
            hook.getArgsList().forEach(arguments::add);
            ArrayNode environment = json.putArray("env");
            hook.getEnvList().forEach(environment::add);
            if (hook.hasTimeout()) {
                json.put("timeout", hook.getTimeout().getValue());
            }
            spec.withObject("hooks").withArray(moment).add(json);
        }
    }

    private void rlimit(POSIXRlimit limit) {
        ObjectNode process = spec.withObject("process");
        JsonNode existing = process.path("rlimits");
        ArrayNode limits = existing.isArray() ? (ArrayNode) existing : process.putArray("rlimits");
        ResourceJson.remove(limits, "type", limit.getType());
        limits.addObject()
                .put("type", limit.getType())
                .put("hard", new BigInteger(Long.toUnsignedString(limit.getHard())))
                .put("soft", new BigInteger(Long.toUnsignedString(limit.getSoft())));
    }
}
