package io.gantry.pod.config;

/** What the kubelet calls a container within its sandbox (api.proto ContainerMetadata). */
public record ContainerMetadata(String name, int attempt) {}
