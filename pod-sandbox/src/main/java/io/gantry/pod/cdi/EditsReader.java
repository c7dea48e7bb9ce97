package io.gantry.pod.cdi;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Reads {@code containerEdits} (CDI specification, "OCI Edits"). */
final class EditsReader {
    private static final long UINT32 = 0xFFFF_FFFFL;
    private static final Set<String> KEYS =
            Set.of("env", "deviceNodes", "mounts", "hooks", "additionalGids", "intelRdt");
    private static final Set<String> DEVICE_KEYS =
            Set.of("path", "hostPath", "type", "major", "minor", "fileMode", "permissions", "uid", "gid");
    private static final Set<String> MOUNT_KEYS = Set.of("hostPath", "containerPath", "type", "options");
    private static final Set<String> HOOK_KEYS = Set.of("hookName", "path", "args", "env", "timeout");
    private static final Set<String> RDT_KEYS =
            Set.of("closID", "l3CacheSchema", "memBwSchema", "enableCMT", "enableMBM", "schemata", "enableMonitoring");
    private static final Set<String> DEVICE_TYPES = Set.of("", "b", "c", "u", "p");
    private static final Set<String> HOOK_NAMES =
            Set.of("prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop");
    private static final Pattern PERMISSIONS = Pattern.compile("[rwm]*");

    private EditsReader() {}

    static CdiEdits read(SpecObject parent) throws InvalidSpecException {
        SpecObject json = parent.object("containerEdits", KEYS);
        SpecObject unused = json.object("intelRdt", RDT_KEYS);
        return new CdiEdits(
                environment(json, "env"),
                deviceNodes(json),
                mounts(json),
                hooks(json),
                groups(json),
                json.has("intelRdt"));
    }

    private static List<String> environment(SpecObject json, String key) throws InvalidSpecException {
        List<String> variables = json.texts(key);
        for (String variable : variables) {
            if (variable.indexOf('=') < 1) {
                throw new InvalidSpecException(json.where(key) + " has \"" + variable + "\", which is not NAME=value");
            }
        }
        return variables;
    }

    private static List<CdiEdits.DeviceNode> deviceNodes(SpecObject json) throws InvalidSpecException {
        List<CdiEdits.DeviceNode> nodes = new ArrayList<>();
        for (SpecObject node : json.objects("deviceNodes", DEVICE_KEYS)) {
            String type = node.text("type");
            if (!DEVICE_TYPES.contains(type)) {
                throw new InvalidSpecException(node.where("type") + " is not b, c, u or p: \"" + type + "\"");
            }
            String permissions = node.text("permissions");
            if (!PERMISSIONS.matcher(permissions).matches()) {
                throw new InvalidSpecException(
                        node.where("permissions") + " is not made of r, w and m: \"" + permissions + "\"");
            }
            Long mode = node.number("fileMode", 07777);
            nodes.add(new CdiEdits.DeviceNode(
                    node.absolutePath("path"),
                    node.has("hostPath") && !node.text("hostPath").isEmpty() ? node.absolutePath("hostPath") : "",
                    type,
                    node.number("major", UINT32),
                    node.number("minor", UINT32),
                    mode == null ? null : mode.intValue(),
                    permissions,
                    node.number("uid", UINT32),
                    node.number("gid", UINT32)));
        }
        return nodes;
    }

    private static List<CdiEdits.Mount> mounts(SpecObject json) throws InvalidSpecException {
        List<CdiEdits.Mount> mounts = new ArrayList<>();
        for (SpecObject mount : json.objects("mounts", MOUNT_KEYS)) {
            String source = mount.text("hostPath");
            if (source.isEmpty()) {
                throw new InvalidSpecException(mount.where("hostPath") + " is missing");
            }
            mounts.add(new CdiEdits.Mount(
                    source, mount.absolutePath("containerPath"), mount.text("type"), mount.texts("options")));
        }
        return mounts;
    }

    private static List<CdiEdits.Hook> hooks(SpecObject json) throws InvalidSpecException {
        List<CdiEdits.Hook> hooks = new ArrayList<>();
        for (SpecObject hook : json.objects("hooks", HOOK_KEYS)) {
            String name = hook.text("hookName");
            if (!HOOK_NAMES.contains(name)) {
                throw new InvalidSpecException(hook.where("hookName") + " is not a hook of OCI: \"" + name + "\"");
            }
            Long timeout = hook.number("timeout", Integer.MAX_VALUE);
            hooks.add(new CdiEdits.Hook(
                    name, hook.absolutePath("path"), hook.texts("args"), environment(hook, "env"), seconds(timeout)));
        }
        return hooks;
    }

    private static @Nullable Integer seconds(@Nullable Long timeout) {
        return timeout == null || timeout == 0 ? null : timeout.intValue();
    }

    private static List<Long> groups(SpecObject json) throws InvalidSpecException {
        List<Long> groups = new ArrayList<>();
        for (JsonNode group : json.array("additionalGids")) {
            if (!group.isIntegralNumber() || group.asLong(-1) < 0 || group.asLong(-1) >= UINT32) {
                throw new InvalidSpecException(json.where("additionalGids") + " is not a list of group ids");
            }
            groups.add(group.asLong());
        }
        return groups;
    }
}
