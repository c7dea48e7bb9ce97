package io.gantry.cri.translate;

import io.gantry.cri.v1.IDMapping;
import io.gantry.cri.v1.NamespaceOption;
import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.UserNamespace;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Namespace options, id mappings and user namespaces. */
final class NamespaceMessages {
    private NamespaceMessages() {}

    /**
     * An absent message means POD for everything, as its fields' defaults do.
     *
     * @param ofContainer whether a target container may be named
     */
    static NamespaceOptions options(NamespaceOption message, boolean ofContainer, Checks checks, String field) {
        NamespaceMode network = mode(message.getNetwork(), checks, field + ".network");
        NamespaceMode pid = mode(message.getPid(), checks, field + ".pid");
        NamespaceMode ipc = mode(message.getIpc(), checks, field + ".ipc");
        podOrNode(network, checks, field + ".network");
        podOrNode(ipc, checks, field + ".ipc");
        if (pid == NamespaceMode.TARGET) {
            checks.require(ofContainer, field + ".pid", "is TARGET, which only a container can have");
            checks.notEmpty(message.getTargetId(), field + ".target_id");
        } else {
            checks.require(
                    message.getTargetId().isEmpty(), field + ".target_id", "is set, but no namespace has mode TARGET");
        }
        UserNamespace user = message.hasUsernsOptions()
                ? userNamespace(message.getUsernsOptions(), checks, field + ".userns_options")
                : null;
        return new NamespaceOptions(network, pid, ipc, message.getTargetId(), user);
    }

    static NamespaceOption toMessage(NamespaceOptions options) {
        NamespaceOption.Builder message = NamespaceOption.newBuilder()
                .setNetwork(toMessage(options.network()))
                .setPid(toMessage(options.pid()))
                .setIpc(toMessage(options.ipc()))
                .setTargetId(options.targetId());
        UserNamespace user = options.user();
        if (user != null) {
            message.setUsernsOptions(io.gantry.cri.v1.UserNamespace.newBuilder()
                    .setMode(toMessage(user.mode()))
                    .addAllUids(toMessages(user.uids()))
                    .addAllGids(toMessages(user.gids())));
        }
        return message.build();
    }

    /** Exactly one range from id 0 for users and the same for groups, or NODE without any. */
    private static @Nullable UserNamespace userNamespace(
            io.gantry.cri.v1.UserNamespace message, Checks checks, String field) {
        NamespaceMode mode = mode(message.getMode(), checks, field + ".mode");
        podOrNode(mode, checks, field + ".mode");
        List<IdMapping> uids = mappings(message.getUidsList(), checks, field + ".uids");
        List<IdMapping> gids = mappings(message.getGidsList(), checks, field + ".gids");
        if (mode == NamespaceMode.NODE) {
            checks.require(uids.isEmpty() && gids.isEmpty(), field, "has mappings, but its mode is NODE");
            return new UserNamespace(mode, uids, gids);
        }
        checks.require(uids.size() == 1, field + ".uids", "must have exactly one mapping, not " + uids.size());
        checks.require(gids.size() == 1, field + ".gids", "must have exactly one mapping, not " + gids.size());
        checks.require(uids.getFirst().containerId() == 0, field + ".uids[0].container_id", "must be 0");
        checks.require(uids.equals(gids), field + ".gids", "must be the same mapping as uids");
        return new UserNamespace(mode, uids, gids);
    }

    static List<IdMapping> mappings(List<IDMapping> messages, Checks checks, String field) {
        return messages.stream()
                .map(message -> {
                    // uint32 on the wire, signed in Java.
                    long host = Integer.toUnsignedLong(message.getHostId());
                    long container = Integer.toUnsignedLong(message.getContainerId());
                    long length = Integer.toUnsignedLong(message.getLength());
                    checks.require(length > 0, field, "has a mapping of length 0");
                    checks.require(
                            host + length <= 0xFFFF_FFFFL && container + length <= 0xFFFF_FFFFL,
                            field,
                            "has a mapping beyond the last id");
                    return new IdMapping(host, container, length);
                })
                .toList();
    }

    static List<IDMapping> toMessages(List<IdMapping> mappings) {
        return mappings.stream()
                .map(mapping -> IDMapping.newBuilder()
                        .setHostId((int) mapping.hostId())
                        .setContainerId((int) mapping.containerId())
                        .setLength((int) mapping.length())
                        .build())
                .toList();
    }

    private static void podOrNode(NamespaceMode mode, Checks checks, String field) {
        checks.require(
                mode == NamespaceMode.POD || mode == NamespaceMode.NODE,
                field,
                "is " + mode + ", only POD and NODE are possible");
    }

    private static NamespaceMode mode(io.gantry.cri.v1.NamespaceMode message, Checks checks, String field) {
        return switch (message) {
            case POD -> NamespaceMode.POD;
            case CONTAINER -> NamespaceMode.CONTAINER;
            case NODE -> NamespaceMode.NODE;
            case TARGET -> NamespaceMode.TARGET;
            case UNRECOGNIZED -> throw checks.refuse(field, "is not a namespace mode that is known here");
        };
    }

    private static io.gantry.cri.v1.NamespaceMode toMessage(NamespaceMode mode) {
        return switch (mode) {
            case POD -> io.gantry.cri.v1.NamespaceMode.POD;
            case CONTAINER -> io.gantry.cri.v1.NamespaceMode.CONTAINER;
            case NODE -> io.gantry.cri.v1.NamespaceMode.NODE;
            case TARGET -> io.gantry.cri.v1.NamespaceMode.TARGET;
        };
    }
}
