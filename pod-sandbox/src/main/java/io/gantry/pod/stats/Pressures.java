package io.gantry.pod.stats;

import org.jspecify.annotations.Nullable;

/** Pressure on the CPU, on memory and on IO; null where the kernel does not tell. */
public record Pressures(
        @Nullable Pressure cpu,
        @Nullable Pressure memory,
        @Nullable Pressure io) {
    static final Pressures UNKNOWN = new Pressures(null, null, null);

    /** Reads the pressure files of a v2 cgroup. Where the first is not there, the others are not looked for. */
    static Pressures read(KernelFiles files, String directory) {
        Pressure cpu = Pressure.parse(files.text(directory + "/cpu.pressure"));
        return cpu == null
                ? UNKNOWN
                : new Pressures(
                        cpu,
                        Pressure.parse(files.text(directory + "/memory.pressure")),
                        Pressure.parse(files.text(directory + "/io.pressure")));
    }
}
