package io.gantry.cri.translate;

import io.gantry.cri.v1.Mount;
import io.gantry.cri.v1.MountPropagation;
import io.gantry.pod.config.ContainerMount;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Mounts of a container. */
final class MountMessages {
    private static final Set<String> OPTIONS = Set.of("noexec", "nodev", "nosuid");

    private MountMessages() {}

    static List<ContainerMount> mounts(List<Mount> messages, Checks checks, String field) {
        List<ContainerMount> mounts = new ArrayList<>();
        for (int i = 0; i < messages.size(); i++) {
            mounts.add(mount(messages.get(i), checks, field + "[" + i + "]"));
        }
        return mounts;
    }

    private static ContainerMount mount(Mount message, Checks checks, String field) {
        checks.absolutePath(message.getContainerPath(), field + ".container_path");
        boolean ofImage = message.hasImage();
        if (ofImage) {
            checks.require(message.getHostPath().isEmpty(), field + ".host_path", "is set together with image");
            checks.notEmpty(message.getImage().getImage(), field + ".image.image");
            checks.require(
                    message.getReadonly(), field + ".readonly", "is false, but an image can only be mounted read-only");
        } else {
            checks.absolutePath(message.getHostPath(), field + ".host_path");
            checks.require(message.getImageSubPath().isEmpty(), field + ".image_sub_path", "is set, but image is not");
        }
        ContainerMount.Propagation propagation = propagation(message.getPropagation(), checks, field + ".propagation");
        if (message.getRecursiveReadOnly()) {
            checks.require(message.getReadonly(), field + ".recursive_read_only", "is set, but readonly is not");
            checks.require(
                    propagation == ContainerMount.Propagation.PRIVATE,
                    field + ".recursive_read_only",
                    "is set, but propagation is not PROPAGATION_PRIVATE");
        }
        for (String option : message.getMountOptionsList()) {
            checks.require(
                    OPTIONS.contains(option),
                    field + ".mount_options",
                    "has an option that is not noexec, nodev or nosuid: \"" + option + "\"");
        }
        return new ContainerMount(
                message.getContainerPath(),
                message.getHostPath(),
                message.getReadonly(),
                message.getSelinuxRelabel(),
                propagation,
                NamespaceMessages.mappings(message.getUidMappingsList(), checks, field + ".uidMappings"),
                NamespaceMessages.mappings(message.getGidMappingsList(), checks, field + ".gidMappings"),
                message.getRecursiveReadOnly(),
                ofImage ? ImageMessages.spec(message.getImage(), checks, field + ".image") : null,
                checks.relativePathOrEmpty(message.getImageSubPath(), field + ".image_sub_path"),
                message.getMountOptionsList());
    }

    static List<Mount> toMessages(List<ContainerMount> mounts) {
        return mounts.stream().map(MountMessages::toMessage).toList();
    }

    private static Mount toMessage(ContainerMount mount) {
        Mount.Builder message = Mount.newBuilder()
                .setContainerPath(mount.containerPath())
                .setHostPath(mount.hostPath())
                .setReadonly(mount.readOnly())
                .setSelinuxRelabel(mount.selinuxRelabel())
                .setPropagation(
                        switch (mount.propagation()) {
                            case PRIVATE -> MountPropagation.PROPAGATION_PRIVATE;
                            case HOST_TO_CONTAINER -> MountPropagation.PROPAGATION_HOST_TO_CONTAINER;
                            case BIDIRECTIONAL -> MountPropagation.PROPAGATION_BIDIRECTIONAL;
                        })
                .addAllUidMappings(NamespaceMessages.toMessages(mount.uidMappings()))
                .addAllGidMappings(NamespaceMessages.toMessages(mount.gidMappings()))
                .setRecursiveReadOnly(mount.recursiveReadOnly())
                .setImageSubPath(mount.imageSubPath())
                .addAllMountOptions(mount.mountOptions());
        if (mount.image() != null) {
            message.setImage(ImageMessages.toMessage(mount.image()));
        }
        return message.build();
    }

    private static ContainerMount.Propagation propagation(MountPropagation message, Checks checks, String field) {
        return switch (message) {
            case PROPAGATION_PRIVATE -> ContainerMount.Propagation.PRIVATE;
            case PROPAGATION_HOST_TO_CONTAINER -> ContainerMount.Propagation.HOST_TO_CONTAINER;
            case PROPAGATION_BIDIRECTIONAL -> ContainerMount.Propagation.BIDIRECTIONAL;
            case UNRECOGNIZED -> throw checks.refuse(field, "is not a mode that is known here");
        };
    }
}
