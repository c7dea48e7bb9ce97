package io.gantry.pod.stats;

import org.jspecify.annotations.Nullable;

/**
 * Huge pages of one size that a cgroup has.
 *
 * @param size as in the cgroup's file names: {@code 2MB}
 * @param maxUsage most bytes ever; null where the kernel does not tell
 */
public record HugePages(String size, long usage, @Nullable Long maxUsage) {}
