package io.gantry.pod.config;

/** A range of ids: {@code length} ids from {@code containerId} in the namespace are those from {@code hostId} outside. */
public record IdMapping(long hostId, long containerId, long length) {}
