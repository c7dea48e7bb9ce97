package io.gantry.pod.cgroup;

/**
 * The cgroup of one container.
 *
 * @param path relative to the controllers' mount points, with a leading slash
 * @param runtimePath what the OCI runtime is told (config-linux.md, "Cgroups Path"): the path itself, or {@code
 *     slice:prefix:name} under the systemd driver
 */
public record ContainerCgroup(String path, String runtimePath) {}
