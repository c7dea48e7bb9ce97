package io.gantry.pod.stats;

/** CPU weights of cgroup v2 (1 to 10000) as shares of v1 (2 to 262144). */
final class CpuShares {
    private CpuShares() {}

    /** The linear scale of the OCI runtime specification's first mapping; where a request named shares, those are told. */
    static long ofWeight(long weight) {
        return 2 + (weight - 1) * 262142 / 9999;
    }
}
