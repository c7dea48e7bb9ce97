package io.gantry.pod.config;

/**
 * A device of a container (api.proto Device).
 *
 * @param permissions of r, w, m
 */
public record ContainerDevice(String containerPath, String hostPath, String permissions) {}
