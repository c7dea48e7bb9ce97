package io.gantry.pod.spec;

import io.gantry.pod.config.ContainerMount;
import io.gantry.pod.config.ContainerMount.Propagation;
import io.gantry.pod.config.UserNamespace;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The mounts of a container: the default ones, those of the image's volumes and those asked for, which replace a default
 * one at the same path; ordered so that no mount hides a deeper one.
 */
final class MountsPart {
    private static final Set<String> EXTRA_OPTIONS = Set.of("noexec", "nodev", "nosuid", "exec", "dev", "suid");

    private final SpecContext context;
    private final HostPaths hostPaths;
    private Propagation rootPropagation = Propagation.PRIVATE;

    MountsPart(SpecContext context, HostPaths hostPaths) {
        this.context = context;
        this.hostPaths = hostPaths;
    }

    /** Adds {@code mounts} to the specification and {@code rootfsPropagation} to its Linux part. */
    void addTo(ObjectNode spec, ObjectNode linux) throws InterruptedException {
        List<OciMount> asked = asked();
        Set<String> taken = new HashSet<>();
        asked.forEach(mount -> taken.add(mount.destination()));

        List<OciMount> mounts = new ArrayList<>();
        for (OciMount mount : new DefaultMounts(context).build()) {
            boolean hidden = taken.contains("/dev") && mount.destination().startsWith("/dev/");
            if (!taken.contains(mount.destination()) && !hidden) {
                mounts.add(mount);
            }
        }
        for (Map.Entry<String, Path> volume : new TreeMap<>(context.request().imageVolumes()).entrySet()) {
            String destination = normal("image volume", volume.getKey());
            if (!taken.contains(destination)) {
                mounts.add(OciMount.of(
                        destination, "bind", volume.getValue().toString(), List.of("rbind", "rprivate", "rw")));
            }
        }
        mounts.addAll(asked);
        mounts.sort(Comparator.comparingInt(OciMount::depth));

        ArrayNode array = spec.putArray("mounts");
        mounts.forEach(mount -> array.add(mount.toJson()));
        switch (rootPropagation) {
            case PRIVATE -> {}
            case HOST_TO_CONTAINER -> linux.put("rootfsPropagation", "rslave");
            case BIDIRECTIONAL -> linux.put("rootfsPropagation", "rshared");
        }
    }

    private List<OciMount> asked() throws InterruptedException {
        List<ContainerMount> wanted = context.config().mounts();
        List<String> sources = new ArrayList<>();
        for (ContainerMount mount : wanted) {
            if (mount.image() == null) {
                sources.add(mount.hostPath());
            }
        }
        Map<String, Path> resolved = hostPaths.resolve(context, sources);
        List<OciMount> mounts = new ArrayList<>();
        for (ContainerMount mount : wanted) {
            mounts.add(mount.image() == null ? bind(mount, resolved) : image(mount));
        }
        return mounts;
    }

    private OciMount bind(ContainerMount mount, Map<String, Path> resolved) {
        String destination = normal("mount path", mount.containerPath());
        Path source = resolved.get(mount.hostPath());
        if (source == null) {
            throw context.unmet(
                    "mount source " + mount.hostPath() + " does not exist",
                    "create it on the node, or give the volume the hostPath type DirectoryOrCreate or FileOrCreate");
        }
        String access = access(mount);
        List<String> options = new ArrayList<>(List.of("rbind", propagation(mount, source), access));
        options.addAll(extraOptions(mount));
        if (!mount.uidMappings().isEmpty() || !mount.gidMappings().isEmpty()) {
            if (!context.request().handler().idmappedMounts()) {
                throw context.unmet(
                        "runtime handler " + context.request().handler().name()
                                + " does not support id-mapped mounts, which " + destination + " needs",
                        "use a runtime that does: runc 1.2, crun 1.9 or later");
            }
            options.add("idmap");
        }
        return new OciMount(destination, "bind", source.toString(), options, mount.uidMappings(), mount.gidMappings());
    }

    private OciMount image(ContainerMount mount) {
        String destination = normal("mount path", mount.containerPath());
        if (!mount.hostPath().isEmpty()) {
            throw context.invalid("mount " + destination + " names both a host path and an image; name one");
        }
        if (!mount.readOnly()) {
            throw context.invalid("image mount " + destination + " is not read-only; images cannot be written to");
        }
        requirePodsIds(mount, destination);
        Path source = context.request().imageMounts().get(mount.containerPath());
        if (source == null) {
            throw context.unmet("image mount " + destination + " is not prepared", "mount no image in this container");
        }
        List<String> options = new ArrayList<>(List.of("rbind", "rprivate", "ro"));
        options.addAll(extraOptions(mount));
        return OciMount.of(destination, "bind", source.toString(), options);
    }

    /** An image is mounted with the ids of the pod's user namespace; overlayfs cannot be given others on top. */
    private void requirePodsIds(ContainerMount mount, String destination) {
        if (mount.uidMappings().isEmpty() && mount.gidMappings().isEmpty()) {
            return;
        }
        UserNamespace user = context.request().pod().security().namespaces().user();
        if (user == null
                || !user.uids().equals(mount.uidMappings())
                || !user.gids().equals(mount.gidMappings())) {
            throw context.invalid("the id mappings of image mount " + destination + " are not those of the pod");
        }
    }

    private String propagation(ContainerMount mount, Path source) {
        return switch (mount.propagation()) {
            case PRIVATE -> "rprivate";
            case HOST_TO_CONTAINER -> {
                hostPaths.requireSharedOrSlave(context, source);
                if (rootPropagation == Propagation.PRIVATE) {
                    rootPropagation = Propagation.HOST_TO_CONTAINER;
                }
                yield "rslave";
            }
            case BIDIRECTIONAL -> {
                hostPaths.requireShared(context, source);
                rootPropagation = Propagation.BIDIRECTIONAL;
                yield "rshared";
            }
        };
    }

    private String access(ContainerMount mount) {
        if (!mount.recursiveReadOnly()) {
            return mount.readOnly() ? "ro" : "rw";
        }
        if (!mount.readOnly()) {
            throw context.invalid("mount " + mount.containerPath() + " is recursively read-only but not read-only");
        }
        if (mount.propagation() != Propagation.PRIVATE) {
            throw context.invalid("mount " + mount.containerPath() + " is recursively read-only with propagation "
                    + mount.propagation() + "; only PRIVATE can be");
        }
        if (!context.host().recursiveReadOnly() || !context.request().handler().recursiveReadOnly()) {
            throw context.unmet(
                    "runtime handler " + context.request().handler().name()
                            + " does not support recursively read-only mounts on this node",
                    "use Linux 5.12 and runc 1.1 or crun 1.4 or later, or mount " + mount.containerPath()
                            + " read-only");
        }
        return "rro";
    }

    private List<String> extraOptions(ContainerMount mount) {
        for (String option : mount.mountOptions()) {
            if (!EXTRA_OPTIONS.contains(option)) {
                throw context.invalid("mount option '" + option + "' of " + mount.containerPath()
                        + " is not supported; use noexec, nodev, nosuid");
            }
        }
        return mount.mountOptions();
    }

    private String normal(String what, String path) {
        if (!path.startsWith("/") || path.indexOf('\0') >= 0) {
            throw context.invalid(what + " '" + path + "' is not absolute");
        }
        String normal = Path.of(path).normalize().toString();
        if (normal.equals("/")) {
            throw context.invalid(what + " '" + path + "' is the root of the container");
        }
        return normal;
    }
}
