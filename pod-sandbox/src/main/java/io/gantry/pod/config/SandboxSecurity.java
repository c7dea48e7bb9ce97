package io.gantry.pod.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Security of the sandbox itself (api.proto LinuxSandboxSecurityContext). It does not make any container privileged.
 *
 * @param seccomp null when the caller set neither the new nor the old field
 * @param apparmor likewise
 */
public record SandboxSecurity(
        NamespaceOptions namespaces,
        @Nullable SelinuxOptions selinux,
        @Nullable Long runAsUser,
        @Nullable Long runAsGroup,
        boolean readOnlyRootfs,
        List<Long> supplementalGroups,
        SupplementalGroupsPolicy supplementalGroupsPolicy,
        boolean privileged,
        @Nullable SecurityProfile seccomp,
        @Nullable SecurityProfile apparmor) {
    public SandboxSecurity {
        supplementalGroups = List.copyOf(supplementalGroups);
    }
}
