package io.gantry.pod.stats;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** All that a cgroup tells; a figure that the kernel does not tell is not in the map. */
public record CgroupFigures(Map<Figure, Long> values, List<DeviceIo> io, List<HugePages> hugePages) {
    public CgroupFigures {
        values = Map.copyOf(values);
        io = List.copyOf(io);
        hugePages = List.copyOf(hugePages);
    }

    /** The same with another value of one figure. */
    CgroupFigures with(Figure figure, long value) {
        Map<Figure, Long> changed = new EnumMap<>(values);
        changed.put(figure, value);
        return new CgroupFigures(changed, io, hugePages);
    }

    /** What both versions of cgroups share. */
    static EnumMap<Figure, Long> of(CgroupUsage usage) {
        EnumMap<Figure, Long> values = new EnumMap<>(Figure.class);
        values.put(Figure.CPU_USAGE_NANOS, usage.cpuNanos());
        values.put(Figure.MEMORY_USAGE, usage.memory().usage());
        values.put(Figure.MEMORY_WORKING_SET, usage.memory().workingSet());
        values.put(Figure.MEMORY_RSS, usage.memory().rss());
        values.put(Figure.PAGE_FAULTS, usage.memory().pageFaults());
        values.put(Figure.MAJOR_PAGE_FAULTS, usage.memory().majorPageFaults());
        values.put(Figure.MEMORY_SWAP, usage.swapBytes() == null ? Long.valueOf(0) : usage.swapBytes());
        Pressures pressures = usage.pressures();
        put(values, pressures.cpu(), Figure.CPU_WAITING_MICROS, Figure.CPU_STALLED_MICROS);
        put(values, pressures.memory(), Figure.MEMORY_WAITING_MICROS, Figure.MEMORY_STALLED_MICROS);
        put(values, pressures.io(), Figure.IO_WAITING_MICROS, Figure.IO_STALLED_MICROS);
        return values;
    }

    private static void put(EnumMap<Figure, Long> values, @Nullable Pressure pressure, Figure waiting, Figure stalled) {
        if (pressure != null) {
            values.put(waiting, pressure.some().totalMicros());
            values.put(stalled, pressure.full().totalMicros());
        }
    }
}
