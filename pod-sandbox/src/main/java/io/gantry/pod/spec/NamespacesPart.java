package io.gantry.pod.spec;

import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.UserNamespace;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Which namespaces a container joins, makes, or shares with the host (namespaces(7); config-linux.md, "Namespaces").
 * Network, IPC and UTS are always the pod's; the container chooses only its PID namespace.
 */
final class NamespacesPart {
    private final SpecContext context;

    NamespacesPart(SpecContext context) {
        this.context = context;
    }

    void addTo(ObjectNode linux) {
        NamespaceOptions options = context.security().namespaces();
        NamespaceOptions pod = context.request().pod().security().namespaces();
        requirePodsOwn("network", options.network(), pod.network());
        requirePodsOwn("IPC", options.ipc(), pod.ipc());

        PodPaths paths = context.request().paths();
        ArrayNode namespaces = Nodes.array();
        join(namespaces, "network", paths.network());
        join(namespaces, "ipc", paths.ipc());
        join(namespaces, "uts", paths.uts());
        addPid(namespaces, options, pod, paths);
        make(namespaces, "mount");
        if (context.host().cgroupV2() && !context.isPrivileged()) {
            make(namespaces, "cgroup");
        }
        addUser(namespaces, linux, options, pod, paths);
        linux.set("namespaces", namespaces);
    }

    private void addPid(ArrayNode namespaces, NamespaceOptions options, NamespaceOptions pod, PodPaths paths) {
        switch (options.pid()) {
            case CONTAINER -> make(namespaces, "pid");
            case NODE -> {
                if (pod.pid() != NamespaceMode.NODE) {
                    throw context.invalid("PID namespace mode NODE is asked for, but the pod's is " + pod.pid());
                }
            }
            case TARGET -> {
                Path target = context.request().targetPidNamespace();
                if (options.targetId().isEmpty() || target == null) {
                    throw context.invalid("PID namespace mode TARGET is asked for without a target container");
                }
                join(namespaces, "pid", target);
            }
            case POD -> {
                if (paths.pid() != null) {
                    join(namespaces, "pid", paths.pid());
                } else if (pod.pid() != NamespaceMode.NODE) {
                    make(namespaces, "pid");
                }
            }
        }
    }

    private void addUser(
            ArrayNode namespaces, ObjectNode linux, NamespaceOptions options, NamespaceOptions pod, PodPaths paths) {
        UserNamespace own = options.user();
        if (own != null && own.mode() != NamespaceMode.POD && own.mode() != NamespaceMode.NODE) {
            throw context.invalid("user namespace mode " + own.mode() + " is not supported; use POD or NODE");
        }
        UserNamespace user = pod.user();
        boolean podUses = user != null && pod.usesUserNamespace();
        if (options.usesUserNamespace() && !podUses) {
            throw context.invalid("user namespace mode POD is asked for, but the pod has none of its own");
        }
        if (user == null || !podUses) {
            return;
        }
        if (own != null && !(own.uids().equals(user.uids()) && own.gids().equals(user.gids()))) {
            throw context.invalid("the id mappings of the container differ from those of its pod");
        }
        if (!context.request().handler().userNamespaces()) {
            throw context.unmet(
                    "runtime handler " + context.request().handler().name() + " does not support user namespaces",
                    "use a runtime that supports id-mapped mounts: runc 1.2, crun 1.9 or later");
        }
        if (paths.user() != null) {
            // One that exists has its mappings; runtimes refuse to be told them again.
            join(namespaces, "user", paths.user());
            return;
        }
        make(namespaces, "user");
        linux.set("uidMappings", Nodes.idMappings(user.uids()));
        linux.set("gidMappings", Nodes.idMappings(user.gids()));
    }

    /** Unset is POD on the wire, so POD means whatever the pod has; anything else must be what the pod has. */
    private void requirePodsOwn(String kind, NamespaceMode asked, NamespaceMode pods) {
        if (asked == NamespaceMode.CONTAINER || asked == NamespaceMode.TARGET) {
            throw context.invalid(kind + " namespace mode " + asked + " is not supported; use POD or NODE");
        }
        if (asked == NamespaceMode.NODE && pods != NamespaceMode.NODE) {
            throw context.invalid(kind + " namespace mode NODE is asked for, but the pod's is " + pods);
        }
    }

    private static void make(ArrayNode namespaces, String type) {
        namespaces.addObject().put("type", type);
    }

    private static void join(ArrayNode namespaces, String type, @Nullable Path file) {
        if (file != null) {
            namespaces.addObject().put("type", type).put("path", file.toString());
        }
    }
}
