package io.gantry.pod.stats;

import org.jspecify.annotations.Nullable;

/**
 * What the processes of a container hold.
 *
 * @param sockets those among the file descriptors
 * @param maxOpenFiles soft limit of the first process; null for none
 */
public record ProcessCounts(
        long fileDescriptors, long sockets, @Nullable Long maxOpenFiles) {}
