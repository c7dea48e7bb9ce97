package io.gantry.image.service;

import java.nio.file.Path;
import java.time.Instant;

/**
 * Disk space that something takes on a file system.
 *
 * @param mountpoint a directory on it; the kubelet takes two that differ for two file systems, so it is the same one for all
 *     that is on one file system
 * @param timestamp when the figures were taken
 */
public record FsUsage(Path mountpoint, long usedBytes, long inodesUsed, Instant timestamp) {}
