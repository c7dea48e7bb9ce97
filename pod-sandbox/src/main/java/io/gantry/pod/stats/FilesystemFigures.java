package io.gantry.pod.stats;

/**
 * A file system as a whole.
 *
 * @param device as mounted: {@code /dev/sda1}, or the type where there is no device
 */
public record FilesystemFigures(String device, long bytes, long inodes, long freeInodes) {}
