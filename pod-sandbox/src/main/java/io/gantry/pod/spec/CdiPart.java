package io.gantry.pod.spec;

import io.gantry.pod.cdi.CdiEdits;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** Makes the changes to a specification that CDI devices ask for, each winning over what was there before. */
final class CdiPart {
    private static final String ALL_ACCESS = "rwm";

    private final SpecContext context;
    private final HostPaths hostPaths;
    private final ObjectNode spec;

    CdiPart(SpecContext context, HostPaths hostPaths, ObjectNode spec) {
        this.context = context;
        this.hostPaths = hostPaths;
        this.spec = spec;
    }

    void apply(List<CdiEdits> edits) throws InterruptedException {
        for (CdiEdits edit : edits) {
            addEnvironment(edit.env());
            for (CdiEdits.DeviceNode node : edit.deviceNodes()) {
                addDevice(node);
            }
            for (CdiEdits.Mount mount : edit.mounts()) {
                addMount(mount);
            }
            edit.hooks().forEach(this::addHook);
            addGroups(edit.additionalGids());
            if (edit.intelRdt()) {
                context.warn("a CDI device asks for classes of Intel RDT, which are not set");
            }
        }
        OciMount.sort(spec);
    }

    private void addEnvironment(List<String> variables) {
        if (variables.isEmpty()) {
            return;
        }
        Map<String, String> all = new LinkedHashMap<>();
        process().withArray("env").forEach(variable -> put(all, variable.asString()));
        variables.forEach(variable -> put(all, variable));
        process().set("env", Nodes.strings(all.values()));
    }

    private static void put(Map<String, String> all, String variable) {
        int equals = variable.indexOf('=');
        all.put(equals < 0 ? variable : variable.substring(0, equals), variable);
    }

    private void addDevice(CdiEdits.DeviceNode edit) {
        ObjectNode device = device(edit);
        context.noteDevice(edit.path(), edit.hostPath().isEmpty() ? edit.path() : edit.hostPath());
        ArrayNode devices = linux().withArray("devices");
        remove(devices, "path", edit.path());
        devices.add(device);
        String type = device.path("type").asString("");
        if (type.equals("b") || type.equals("c")) {
            ObjectNode resources = linux().withObject("resources");
            resources
                    .withArray("devices")
                    .addObject()
                    .put("allow", true)
                    .put("type", type)
                    .put("major", device.path("major").asLong())
                    .put("minor", device.path("minor").asLong())
                    .put("access", edit.permissions().isEmpty() ? ALL_ACCESS : edit.permissions());
        }
    }

    /** What the edit leaves out is as the host's device has it; the owner is the container's user. */
    private ObjectNode device(CdiEdits.DeviceNode edit) {
        String type = edit.type().equals("u") ? "c" : edit.type();
        Long major = edit.major();
        Long minor = edit.minor();
        Integer mode = edit.fileMode();
        boolean needsNumbers = !type.equals("p") && (major == null || minor == null || major == 0 && minor == 0);
        if (type.isEmpty() || needsNumbers) {
            DeviceNode host = hostDevice(edit);
            if (!type.isEmpty() && !type.equals(host.type())) {
                throw context.unmet(
                        "CDI device node " + edit.path() + " is of type " + type + ", but that of the host is of type "
                                + host.type(),
                        "correct its CDI specification");
            }
            type = host.type();
            major = needsNumbers ? Long.valueOf(host.major()) : major;
            minor = needsNumbers ? Long.valueOf(host.minor()) : minor;
            mode = mode == null ? Integer.valueOf(host.permissions()) : mode;
        }
        ObjectNode device = Nodes.object().put("path", edit.path()).put("type", type);
        if (!type.equals("p") && major != null && minor != null) {
            device.put("major", major.longValue()).put("minor", minor.longValue());
        }
        if (mode != null) {
            device.put("fileMode", mode & 0777);
        }
        JsonNode user = process().path("user");
        Long uid = edit.uid();
        Long gid = edit.gid();
        device.put("uid", uid == null ? user.path("uid").asLong(0) : uid);
        device.put("gid", gid == null ? user.path("gid").asLong(0) : gid);
        return device;
    }

    private DeviceNode hostDevice(CdiEdits.DeviceNode edit) {
        String path = edit.hostPath().isEmpty() ? edit.path() : edit.hostPath();
        try {
            Optional<DeviceNode> device = DeviceNode.of(Path.of(path), edit.path());
            return device.orElseThrow(() ->
                    context.unmet("CDI device node " + path + " is not a device", "correct its CDI specification"));
        } catch (NoSuchFileException e) {
            throw context.unmet("CDI device node " + path + " does not exist", "see whether its driver is loaded")
                    .causedBy(e);
        } catch (IOException e) {
            throw context.unmet(
                            "cannot look at CDI device node " + path + ": " + e.getMessage(), "check its permissions")
                    .causedBy(e);
        }
    }

    private void addMount(CdiEdits.Mount edit) throws InterruptedException {
        List<String> options = new ArrayList<>(edit.options());
        boolean bind = edit.type().isEmpty()
                || edit.type().equals("bind")
                || options.contains("bind")
                || options.contains("rbind");
        String source = edit.hostPath();
        if (bind) {
            Path found = hostPaths.resolve(context, List.of(source)).get(source);
            if (found == null) {
                throw context.unmet(
                        "mount source " + source + " of a CDI device does not exist",
                        "see whether the device's driver is installed, or correct its CDI specification");
            }
            source = found.toString();
            if (!options.contains("bind") && !options.contains("rbind")) {
                options.add("rbind");
            }
        }
        String destination = Path.of(edit.containerPath()).normalize().toString();
        ArrayNode mounts = spec.withArray("mounts");
        remove(mounts, "destination", destination);
        mounts.add(OciMount.of(destination, bind ? "bind" : edit.type(), source, options)
                .toJson());
    }

    private void addHook(CdiEdits.Hook edit) {
        ObjectNode hook = spec.withObject("hooks").withArray(edit.name()).addObject();
        hook.put("path", edit.path());
        if (!edit.args().isEmpty()) {
            hook.set("args", Nodes.strings(edit.args()));
        }
        if (!edit.env().isEmpty()) {
            hook.set("env", Nodes.strings(edit.env()));
        }
        Integer timeout = edit.timeout();
        if (timeout != null) {
            hook.put("timeout", timeout.intValue());
        }
    }

    /** Group 0 would give the container more than a device; the reference implementation leaves it out as well. */
    private void addGroups(List<Long> groups) {
        ArrayNode all = process().withObject("user").withArray("additionalGids");
        for (long group : groups) {
            if (group != 0 && all.valueStream().noneMatch(known -> known.asLong() == group)) {
                all.add(group);
            }
        }
    }

    private static void remove(ArrayNode array, String key, String value) {
        for (int i = array.size() - 1; i >= 0; i--) {
            if (value.equals(array.get(i).path(key).asString(""))) {
                array.remove(i);
            }
        }
    }

    private ObjectNode process() {
        return spec.withObject("process");
    }

    private ObjectNode linux() {
        return spec.withObject("linux");
    }
}
