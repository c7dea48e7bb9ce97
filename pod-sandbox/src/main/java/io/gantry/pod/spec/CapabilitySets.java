package io.gantry.pod.spec;

import io.gantry.platform.linux.Capabilities;
import io.gantry.pod.config.ContainerSecurity;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * The capabilities of a container's processes (capabilities(7)): the default set, changed by what the caller adds and
 * drops, clamped to what the daemon itself may hand on.
 */
final class CapabilitySets {
    /** What a container gets that asks for nothing: the set that images have come to expect. */
    static final List<String> DEFAULT = List.of(
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_FOWNER",
            "CAP_FSETID",
            "CAP_KILL",
            "CAP_SETGID",
            "CAP_SETUID",
            "CAP_SETPCAP",
            "CAP_NET_BIND_SERVICE",
            "CAP_NET_RAW",
            "CAP_SYS_CHROOT",
            "CAP_MKNOD",
            "CAP_AUDIT_WRITE",
            "CAP_SETFCAP");

    /** In requests: every capability. */
    private static final String EVERY = "ALL";

    private final Set<String> granted;
    private final Set<String> ambient;

    private CapabilitySets(Set<String> granted, Set<String> ambient) {
        this.granted = granted;
        this.ambient = ambient;
    }

    /** Works out the set; a name that no kernel knows is refused. */
    static CapabilitySets of(SpecContext context) {
        ContainerSecurity security = context.security();
        Set<String> adds = names(context, "add", security.addCapabilities());
        Set<String> drops = names(context, "drop", security.dropCapabilities());
        Set<String> ambient = names(context, "add as ambient", security.addAmbientCapabilities());
        if (ambient.remove(EVERY)) {
            ambient.addAll(Capabilities.ALL);
        }

        Set<String> wanted = new LinkedHashSet<>(DEFAULT);
        if (security.privileged() || adds.contains(EVERY)) {
            wanted.addAll(Capabilities.ALL);
        }
        if (!security.privileged()) {
            if (drops.contains(EVERY)) {
                wanted.clear();
            }
            wanted.addAll(adds);
            wanted.removeAll(drops);
            wanted.remove(EVERY);
        }
        wanted.addAll(ambient);

        Set<String> allowed = context.host().boundingCapabilities();
        List<String> missing = new ArrayList<>();
        for (String name : Capabilities.ALL) {
            if (wanted.contains(name) && !allowed.contains(name)) {
                missing.add(name);
            }
        }
        if (!missing.isEmpty()) {
            context.warn("not granted, because the daemon itself does not have them: " + String.join(", ", missing));
        }
        return new CapabilitySets(inOrder(wanted, allowed), inOrder(ambient, allowed));
    }

    boolean has(String name) {
        return granted.contains(name);
    }

    /** The five sets as in config.md, "Linux Process". Nothing is inheritable that is not ambient (CVE-2022-24769). */
    ObjectNode toJson() {
        ObjectNode json = Nodes.object();
        json.set("bounding", Nodes.strings(granted));
        json.set("effective", Nodes.strings(granted));
        json.set("permitted", Nodes.strings(granted));
        if (!ambient.isEmpty()) {
            json.set("inheritable", Nodes.strings(ambient));
            json.set("ambient", Nodes.strings(ambient));
        }
        return json;
    }

    private static Set<String> inOrder(Set<String> wanted, Set<String> allowed) {
        Set<String> ordered = new LinkedHashSet<>();
        for (String name : Capabilities.ALL) {
            if (wanted.contains(name) && allowed.contains(name)) {
                ordered.add(name);
            }
        }
        return ordered;
    }

    private static Set<String> names(SpecContext context, String verb, List<String> raw) {
        Set<String> names = new LinkedHashSet<>();
        for (String given : raw) {
            String name = given.toUpperCase(Locale.ROOT);
            if (name.equals(EVERY)) {
                names.add(EVERY);
                continue;
            }
            String full = name.startsWith("CAP_") ? name : "CAP_" + name;
            if (!Capabilities.ALL.contains(full)) {
                throw context.invalid("unknown capability '" + given + "' to " + verb);
            }
            names.add(full);
        }
        return names;
    }
}
