package io.gantry.image.snapshot;

import java.time.Instant;

/**
 * Disk space of a snapshot's writable directory.
 *
 * @param measuredAt when it was walked
 */
public record SnapshotUsage(long bytes, long inodes, Instant measuredAt) {}
