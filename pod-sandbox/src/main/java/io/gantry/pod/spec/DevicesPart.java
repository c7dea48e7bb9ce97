package io.gantry.pod.spec;

import io.gantry.pod.config.ContainerDevice;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The devices of a container beside the standard ones that the runtime always makes: those asked for, a directory
 * standing for all devices in it; every device of the host for a privileged container.
 */
final class DevicesPart {
    /** Directories and files of /dev that are a container's own or no devices of the host. */
    private static final Set<String> NOT_OF_THE_HOST =
            Set.of("pts", "shm", "fd", "mqueue", ".lxc", ".lxd-mounts", ".udev", "console");

    private final SpecContext context;
    private final Path hostDev;

    DevicesPart(SpecContext context, Path hostDev) {
        this.context = context;
        this.hostDev = hostDev;
    }

    /** Adds {@code devices} and {@code resources.devices} to the Linux part. */
    void addTo(ObjectNode linux, ObjectNode resources) {
        Map<String, DeviceNode> nodes = new TreeMap<>();
        ArrayNode rules = Nodes.array();
        JsonNode base = context.base("/linux/resources/devices");
        if (context.isPrivileged()) {
            rules.addObject().put("allow", true).put("access", "rwm");
            addHostDevices(nodes);
        } else if (base.isArray()) {
            rules.addAll((ArrayNode) base.deepCopy());
        } else {
            rules.addObject().put("allow", false).put("access", "rwm");
        }
        for (ContainerDevice device : context.config().devices()) {
            Map<String, DeviceNode> found = expand(device);
            if (!context.isPrivileged()) {
                found.values().forEach(node -> rules.add(node.toRule(permissions(device))));
            }
            nodes.putAll(found);
        }
        ArrayNode devices = Nodes.array();
        for (DeviceNode node : nodes.values()) {
            devices.add(node.toJson());
            context.noteDevice(node.path(), node.hostPath());
        }
        context.base("/linux/devices").forEach(devices::add);
        if (!devices.isEmpty()) {
            linux.set("devices", devices);
        }
        resources.set("devices", rules);
    }

    private String permissions(ContainerDevice device) {
        String permissions = device.permissions().isEmpty() ? "rwm" : device.permissions();
        if (!permissions.matches("[rwm]+")) {
            throw context.invalid(
                    "permissions '" + permissions + "' of device " + device.hostPath() + " are not made of r, w, m");
        }
        return permissions;
    }

    private Map<String, DeviceNode> expand(ContainerDevice device) {
        String containerPath = device.containerPath().isEmpty() ? device.hostPath() : device.containerPath();
        if (!device.hostPath().startsWith("/") || !containerPath.startsWith("/")) {
            throw context.invalid("device path '" + (containerPath.startsWith("/") ? device.hostPath() : containerPath)
                    + "' is not absolute");
        }
        permissions(device);
        Map<String, DeviceNode> nodes = new TreeMap<>();
        try {
            Path host = Path.of(device.hostPath()).toRealPath();
            Path target = Path.of(containerPath).normalize();
            if (Files.isDirectory(host)) {
                collect(host, path -> target.resolve(host.relativize(path)), Set.of(), nodes);
            } else {
                DeviceNode.of(host, target.toString()).ifPresent(node -> nodes.put(node.path(), node));
            }
        } catch (NoSuchFileException e) {
            throw context.unmet("device " + device.hostPath() + " does not exist", "see whether its driver is loaded")
                    .causedBy(e);
        } catch (IOException e) {
            throw context.unmet(
                            "cannot look at device " + device.hostPath() + ": " + e.getMessage(),
                            "check its permissions")
                    .causedBy(e);
        }
        if (nodes.isEmpty()) {
            throw context.invalid(device.hostPath() + " is not a device and holds none");
        }
        return nodes;
    }

    private void addHostDevices(Map<String, DeviceNode> nodes) {
        try {
            collect(hostDev, path -> path, NOT_OF_THE_HOST, nodes);
        } catch (IOException e) {
            throw context.unmet("cannot list the devices in " + hostDev + ": " + e.getMessage(), "mount /dev")
                    .causedBy(e);
        }
    }

    private static void collect(
            Path directory, UnaryOperator<Path> target, Set<String> skipped, Map<String, DeviceNode> nodes)
            throws IOException {
        Files.walkFileTree(directory, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path path, BasicFileAttributes attributes) {
                return isSkipped(path) ? FileVisitResult.SKIP_SUBTREE : FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path path, BasicFileAttributes attributes) throws IOException {
                if (attributes.isOther() && !isSkipped(path)) {
                    DeviceNode.of(path, target.apply(path).toString(), LinkOption.NOFOLLOW_LINKS)
                            .ifPresent(node -> nodes.put(node.path(), node));
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path path, IOException e) {
                return FileVisitResult.CONTINUE; // gone since it was listed, or a dead mount
            }

            private boolean isSkipped(Path path) {
                return !path.equals(directory)
                        && directory.equals(path.getParent())
                        && skipped.contains(path.getFileName().toString());
            }
        });
    }
}
