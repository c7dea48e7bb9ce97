package io.gantry.pod.spec;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import tools.jackson.databind.node.ObjectNode;

/**
 * A device of the host as a container sees it.
 *
 * @param hostPath where the host has it
 * @param type {@code c} or {@code b}
 * @param permissions permission bits of the node
 */
record DeviceNode(
        String path, String hostPath, String type, long major, long minor, int permissions, long uid, long gid) {
    private static final int TYPE_MASK = 0170000;
    private static final int CHARACTER = 0020000;
    private static final int BLOCK = 0060000;

    /** Looks at a file of the host, following links when asked; empty when it is no device. */
    static Optional<DeviceNode> of(Path hostPath, String containerPath, LinkOption... options) throws IOException {
        Map<String, Object> status = Files.readAttributes(hostPath, "unix:mode,rdev,uid,gid", options);
        int mode = ((Number) value(status, "mode")).intValue();
        int type = mode & TYPE_MASK;
        if (type != CHARACTER && type != BLOCK) {
            return Optional.empty();
        }
        long device = ((Number) value(status, "rdev")).longValue();
        return Optional.of(new DeviceNode(
                containerPath,
                hostPath.toString(),
                type == CHARACTER ? "c" : "b",
                major(device),
                minor(device),
                mode & 0777,
                ((Number) value(status, "uid")).longValue(),
                ((Number) value(status, "gid")).longValue()));
    }

    /** As in config-linux.md, "Devices". */
    ObjectNode toJson() {
        return Nodes.object()
                .put("path", path)
                .put("type", type)
                .put("major", major)
                .put("minor", minor)
                .put("fileMode", permissions)
                .put("uid", uid)
                .put("gid", gid);
    }

    /** As in config-linux.md, "Allowed Device list". */
    ObjectNode toRule(String access) {
        return Nodes.object()
                .put("allow", true)
                .put("type", type)
                .put("major", major)
                .put("minor", minor)
                .put("access", access);
    }

    /** The C library's encoding of a device number (makedev(3)). */
    static long major(long device) {
        return ((device >> 8) & 0xfff) | ((device >> 32) & 0xffff_f000L);
    }

    static long minor(long device) {
        return (device & 0xff) | ((device >> 12) & 0xffff_ff00L);
    }

    private static Object value(Map<String, Object> status, String name) throws IOException {
        Object value = status.get(name);
        if (value == null) {
            throw new IOException("the file system does not tell '" + name + "'");
        }
        return value;
    }
}
