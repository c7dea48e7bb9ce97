package io.gantry.cri.translate;

import io.gantry.cri.v1.Int64Value;
import io.gantry.cri.v1.LinuxContainerSecurityContext;
import io.gantry.cri.v1.LinuxSandboxSecurityContext;
import io.gantry.cri.v1.SELinuxOption;
import io.gantry.pod.config.ContainerSecurity;
import io.gantry.pod.config.SandboxSecurity;
import io.gantry.pod.config.SecurityProfile;
import io.gantry.pod.config.SelinuxOptions;
import io.gantry.pod.config.SupplementalGroupsPolicy;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Security contexts of sandboxes and containers. */
final class SecurityMessages {
    private static final Pattern CAPABILITY = Pattern.compile("[A-Za-z_]+");
    private static final String LOCALHOST_PREFIX = "localhost/";

    /** What a localhost profile is named by. */
    private enum Reference {
        /** Seccomp: a file. */
        ABSOLUTE_PATH,
        /** AppArmor: a profile that is loaded. */
        NAME
    }

    private SecurityMessages() {}

    static SandboxSecurity ofSandbox(LinuxSandboxSecurityContext message, Checks checks, String field) {
        Long user = id(message.hasRunAsUser(), message.getRunAsUser(), checks, field + ".run_as_user");
        Long group = id(message.hasRunAsGroup(), message.getRunAsGroup(), checks, field + ".run_as_group");
        checks.require(group == null || user != null, field + ".run_as_group", "is set without run_as_user");
        return new SandboxSecurity(
                NamespaceMessages.options(message.getNamespaceOptions(), false, checks, field + ".namespace_options"),
                message.hasSelinuxOptions() ? selinux(message.getSelinuxOptions(), checks, field) : null,
                user,
                group,
                message.getReadonlyRootfs(),
                groups(message.getSupplementalGroupsList(), checks, field),
                policy(message.getSupplementalGroupsPolicy(), checks, field),
                message.getPrivileged(),
                seccomp(
                        message.hasSeccomp() ? message.getSeccomp() : null,
                        message.getSeccompProfilePath(),
                        checks,
                        field),
                message.hasApparmor()
                        ? profile(message.getApparmor(), Reference.NAME, checks, field + ".apparmor")
                        : null);
    }

    static ContainerSecurity ofContainer(LinuxContainerSecurityContext message, Checks checks, String field) {
        Long user = id(message.hasRunAsUser(), message.getRunAsUser(), checks, field + ".run_as_user");
        Long group = id(message.hasRunAsGroup(), message.getRunAsGroup(), checks, field + ".run_as_group");
        String userName = checks.noZero(message.getRunAsUsername(), field + ".run_as_username");
        checks.require(
                user == null || userName.isEmpty(), field + ".run_as_username", "is set together with run_as_user");
        checks.require(
                group == null || user != null || !userName.isEmpty(),
                field + ".run_as_group",
                "is set without run_as_user or run_as_username");
        String capabilities = field + ".capabilities";
        return new ContainerSecurity(
                capabilities(
                        message.getCapabilities().getAddCapabilitiesList(), checks, capabilities + ".add_capabilities"),
                capabilities(
                        message.getCapabilities().getDropCapabilitiesList(),
                        checks,
                        capabilities + ".drop_capabilities"),
                capabilities(
                        message.getCapabilities().getAddAmbientCapabilitiesList(),
                        checks,
                        capabilities + ".add_ambient_capabilities"),
                message.getPrivileged(),
                NamespaceMessages.options(message.getNamespaceOptions(), true, checks, field + ".namespace_options"),
                message.hasSelinuxOptions() ? selinux(message.getSelinuxOptions(), checks, field) : null,
                user,
                group,
                userName,
                message.getReadonlyRootfs(),
                groups(message.getSupplementalGroupsList(), checks, field),
                policy(message.getSupplementalGroupsPolicy(), checks, field),
                message.getNoNewPrivs(),
                checks.absolutePaths(message.getMaskedPathsList(), field + ".masked_paths"),
                checks.absolutePaths(message.getReadonlyPathsList(), field + ".readonly_paths"),
                seccomp(
                        message.hasSeccomp() ? message.getSeccomp() : null,
                        message.getSeccompProfilePath(),
                        checks,
                        field),
                message.hasApparmor()
                        ? profile(message.getApparmor(), Reference.NAME, checks, field + ".apparmor")
                        : olderForm(message.getApparmorProfile(), Reference.NAME, checks, field + ".apparmor_profile"));
    }

    private static @Nullable SecurityProfile seccomp(
            io.gantry.cri.v1.@Nullable SecurityProfile message, String older, Checks checks, String field) {
        return message != null
                ? profile(message, Reference.ABSOLUTE_PATH, checks, field + ".seccomp")
                : olderForm(older, Reference.ABSOLUTE_PATH, checks, field + ".seccomp_profile_path");
    }

    private static SecurityProfile profile(
            io.gantry.cri.v1.SecurityProfile message, Reference kind, Checks checks, String field) {
        String reference = message.getLocalhostRef();
        checks.require(
                reference.isEmpty()
                        || message.getProfileType() == io.gantry.cri.v1.SecurityProfile.ProfileType.Localhost,
                field + ".localhost_ref",
                "is set, but the profile's type is not Localhost");
        return switch (message.getProfileType()) {
            case RuntimeDefault -> new SecurityProfile.RuntimeDefault();
            case Unconfined -> new SecurityProfile.Unconfined();
            case Localhost -> localhost(reference, kind, checks, field + ".localhost_ref");
            case UNRECOGNIZED -> throw checks.refuse(field + ".profile_type", "is not a type that is known here");
        };
    }

    /** The form from before SecurityProfile: one string. */
    private static @Nullable SecurityProfile olderForm(String text, Reference kind, Checks checks, String field) {
        return switch (text) {
            case "" -> null;
            case "runtime/default", "docker/default" -> new SecurityProfile.RuntimeDefault();
            case "unconfined" -> new SecurityProfile.Unconfined();
            default -> {
                checks.require(
                        text.startsWith(LOCALHOST_PREFIX),
                        field,
                        "is not \"runtime/default\", \"unconfined\" or \"localhost/...\": \"" + text + "\"");
                yield localhost(text, kind, checks, field);
            }
        };
    }

    private static SecurityProfile localhost(String reference, Reference kind, Checks checks, String field) {
        String name =
                reference.startsWith(LOCALHOST_PREFIX) ? reference.substring(LOCALHOST_PREFIX.length()) : reference;
        checks.notEmpty(name, field);
        return new SecurityProfile.Localhost(
                switch (kind) {
                    case ABSOLUTE_PATH -> checks.absolutePath(name, field);
                    case NAME -> name;
                });
    }

    private static SelinuxOptions selinux(SELinuxOption message, Checks checks, String field) {
        String base = field + ".selinux_options.";
        return new SelinuxOptions(
                checks.noZero(message.getUser(), base + "user"),
                checks.noZero(message.getRole(), base + "role"),
                checks.noZero(message.getType(), base + "type"),
                checks.noZero(message.getLevel(), base + "level"));
    }

    private static @Nullable Long id(boolean present, Int64Value message, Checks checks, String field) {
        return present ? checks.id(message.getValue(), field) : null;
    }

    private static List<Long> groups(List<Long> groups, Checks checks, String field) {
        groups.forEach(group -> checks.id(group, field + ".supplemental_groups"));
        return groups;
    }

    private static SupplementalGroupsPolicy policy(
            io.gantry.cri.v1.SupplementalGroupsPolicy message, Checks checks, String field) {
        return switch (message) {
            case Merge -> SupplementalGroupsPolicy.MERGE;
            case Strict -> SupplementalGroupsPolicy.STRICT;
            case UNRECOGNIZED ->
                throw checks.refuse(field + ".supplemental_groups_policy", "is not a policy that is known here");
        };
    }

    private static List<String> capabilities(List<String> names, Checks checks, String field) {
        for (String name : names) {
            checks.require(CAPABILITY.matcher(name).matches(), field, "has no name of a capability: \"" + name + "\"");
        }
        return names;
    }
}
