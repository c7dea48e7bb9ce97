package io.gantry.pod.config;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Security of a container (api.proto LinuxContainerSecurityContext).
 *
 * @param seccomp null when the caller set neither the new nor the old field
 * @param apparmor likewise
 */
public record ContainerSecurity(
        List<String> addCapabilities,
        List<String> dropCapabilities,
        List<String> addAmbientCapabilities,
        boolean privileged,
        NamespaceOptions namespaces,
        @Nullable SelinuxOptions selinux,
        @Nullable Long runAsUser,
        @Nullable Long runAsGroup,
        String runAsUserName,
        boolean readOnlyRootfs,
        List<Long> supplementalGroups,
        SupplementalGroupsPolicy supplementalGroupsPolicy,
        boolean noNewPrivileges,
        List<String> maskedPaths,
        List<String> readOnlyPaths,
        @Nullable SecurityProfile seccomp,
        @Nullable SecurityProfile apparmor) {
    public ContainerSecurity {
        addCapabilities = List.copyOf(addCapabilities);
        dropCapabilities = List.copyOf(dropCapabilities);
        addAmbientCapabilities = List.copyOf(addAmbientCapabilities);
        supplementalGroups = List.copyOf(supplementalGroups);
        maskedPaths = List.copyOf(maskedPaths);
        readOnlyPaths = List.copyOf(readOnlyPaths);
    }
}
