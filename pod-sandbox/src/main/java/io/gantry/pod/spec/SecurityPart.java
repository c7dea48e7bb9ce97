package io.gantry.pod.spec;

import io.gantry.pod.config.ContainerSecurity;
import io.gantry.pod.config.SecurityProfile;
import io.gantry.pod.config.SelinuxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** Masked and read-only paths, the AppArmor profile and SELinux labels of a container. */
final class SecurityPart {
    private static final String LOCALHOST = "localhost/";

    private final SpecContext context;
    private final Path apparmorProfiles;

    SecurityPart(SpecContext context, Path apparmorProfiles) {
        this.context = context;
        this.apparmorProfiles = apparmorProfiles;
    }

    void addTo(ObjectNode process, ObjectNode linux) {
        addPaths(linux);
        String profile = apparmorProfile();
        if (profile != null) {
            process.put("apparmorProfile", profile);
        }
        if (context.host().selinux()) {
            addLabels(process, linux);
        }
    }

    private void addPaths(ObjectNode linux) {
        linux.remove("maskedPaths");
        linux.remove("readonlyPaths");
        if (context.isPrivileged()) {
            return;
        }
        ContainerSecurity security = context.security();
        if (!security.maskedPaths().isEmpty()) {
            linux.set("maskedPaths", Nodes.strings(security.maskedPaths()));
        }
        if (!security.readOnlyPaths().isEmpty()) {
            linux.set("readonlyPaths", Nodes.strings(security.readOnlyPaths()));
        }
    }

    private @Nullable String apparmorProfile() {
        SecurityProfile asked = context.security().apparmor();
        if (asked == null) {
            return context.isPrivileged() ? null : context.host().apparmorDefault();
        }
        return switch (asked) {
            case SecurityProfile.RuntimeDefault() -> {
                if (context.host().apparmor() && context.host().apparmorDefault() == null) {
                    context.warn("no AppArmor profile: the runtime's default profile is not loaded on this node");
                }
                yield context.host().apparmorDefault();
            }
            case SecurityProfile.Unconfined() -> null;
            case SecurityProfile.Localhost(String reference) -> loaded(reference);
        };
    }

    private String loaded(String reference) {
        String name = reference.startsWith(LOCALHOST) ? reference.substring(LOCALHOST.length()) : reference;
        if (name.isEmpty()) {
            throw context.invalid("the AppArmor profile has no name");
        }
        if (!context.host().apparmor()) {
            throw context.unmet(
                    "AppArmor profile " + name + " is asked for, but AppArmor is not enabled on this node",
                    "enable it or run the pod on another node");
        }
        try {
            // Lines of the form "name (mode)".
            for (String line : Files.readAllLines(apparmorProfiles)) {
                int mode = line.lastIndexOf(" (");
                if (mode > 0 && line.substring(0, mode).equals(name)) {
                    return name;
                }
            }
        } catch (IOException e) {
            throw context.unmet("cannot read " + apparmorProfiles + ": " + e.getMessage(), "mount securityfs")
                    .causedBy(e);
        }
        throw context.unmet("AppArmor profile " + name + " is not loaded", "load it with apparmor_parser");
    }

    /**
     * A container's processes run as container_t and see files labelled container_file_t, both at the pod's level (the
     * container-selinux policy's names), unless the caller names other parts, for the container or else for its pod. A
     * privileged container is not confined.
     */
    private void addLabels(ObjectNode process, ObjectNode linux) {
        String user = part(SelinuxOptions::user, "system_u");
        String role = part(SelinuxOptions::role, "system_r");
        String type = part(SelinuxOptions::type, "container_t");
        String podLevel = context.request().selinuxLevel();
        String level = part(SelinuxOptions::level, podLevel.isEmpty() ? "s0" : podLevel);
        boolean namesType = !part(SelinuxOptions::type, "").isEmpty();
        if (!context.isPrivileged() || namesType) {
            process.put("selinuxLabel", String.join(":", user, role, type, level));
        }
        linux.put("mountLabel", String.join(":", user, "object_r", "container_file_t", level));
    }

    private String part(Function<SelinuxOptions, String> part, String otherwise) {
        SelinuxOptions own = context.security().selinux();
        if (own != null && !part.apply(own).isEmpty()) {
            return part.apply(own);
        }
        SelinuxOptions pods = context.request().pod().security().selinux();
        return pods == null || part.apply(pods).isEmpty() ? otherwise : part.apply(pods);
    }
}
