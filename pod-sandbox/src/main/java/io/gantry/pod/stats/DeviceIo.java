package io.gantry.pod.stats;

/** IO of a cgroup on one block device. */
public record DeviceIo(int major, int minor, long readBytes, long writeBytes, long reads, long writes) {}
