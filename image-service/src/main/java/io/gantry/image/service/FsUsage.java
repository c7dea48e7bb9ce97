package io.gantry.image.service;

import java.nio.file.Path;
import java.time.Instant;

/**
 * Disk space that something takes on a file system.
 *
 * @param mountpoint a directory on it
 * @param timestamp when the figures were taken
 */
public record FsUsage(Path mountpoint, long usedBytes, long inodesUsed, Instant timestamp) {}
