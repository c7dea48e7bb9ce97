package io.gantry.pod.stats;

import io.gantry.platform.linux.HostFacts;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * cgroup v2.
 *
 * @param mount where the hierarchy is mounted
 * @param hugePageSizes as in file names
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v2.html">Control Group v2</a>
 */
record CgroupV2Reader(String mount, List<String> hugePageSizes) implements CgroupReader {
    private static final long DEFAULT_PERIOD_MICROS = 100_000;

    CgroupV2Reader {
        hugePageSizes = List.copyOf(hugePageSizes);
    }

    static CgroupV2Reader of(HostFacts host) {
        return new CgroupV2Reader(
                host.cgroup2().orElse(Path.of("/sys/fs/cgroup")).toString(), HugePageSizes.ofHost());
    }

    @Override
    public OptionalLong cpuNanos(KernelFiles files, String path) {
        OptionalLong micros = KernelText.keyed(files.text(mount + path + "/cpu.stat"), "usage_usec");
        return micros.isPresent() ? OptionalLong.of(micros.getAsLong() * 1000) : micros;
    }

    @Override
    public @Nullable CgroupUsage usage(KernelFiles files, String path, Instant now) {
        String directory = mount + path;
        String cpu = files.text(directory + "/cpu.stat");
        return cpu == null ? null : usage(files, directory, now, cpu, files.text(directory + "/memory.stat"));
    }

    private static CgroupUsage usage(
            KernelFiles files, String directory, Instant now, String cpu, @Nullable String memory) {
        OptionalLong swap = files.number(directory + "/memory.swap.current");
        return new CgroupUsage(
                now,
                KernelText.keyedOrZero(cpu, "usage_usec") * 1000,
                MemoryUsage.of(
                        files.number(directory + "/memory.current").orElse(0),
                        KernelText.keyedOrZero(memory, "inactive_file"),
                        KernelText.keyedOrZero(memory, "anon"),
                        KernelText.keyedOrZero(memory, "pgfault"),
                        KernelText.keyedOrZero(memory, "pgmajfault")),
                swap.isPresent() ? Long.valueOf(swap.getAsLong()) : null,
                Pressures.read(files, directory));
    }

    @Override
    public @Nullable CgroupFigures figures(KernelFiles files, String path, Instant now) {
        String directory = mount + path;
        String cpu = files.text(directory + "/cpu.stat");
        if (cpu == null) {
            return null;
        }
        String memory = files.text(directory + "/memory.stat");
        EnumMap<Figure, Long> values = CgroupFigures.of(usage(files, directory, now, cpu, memory));
        addCpu(values, cpu);
        addMemory(values, files, directory, memory);
        addTasks(values, files, directory);
        addSpec(values, files, directory);
        return new CgroupFigures(values, io(files.text(directory + "/io.stat")), hugePages(files, directory));
    }

    private static void addCpu(EnumMap<Figure, Long> values, String cpu) {
        values.put(Figure.CPU_USER_NANOS, KernelText.keyedOrZero(cpu, "user_usec") * 1000);
        values.put(Figure.CPU_SYSTEM_NANOS, KernelText.keyedOrZero(cpu, "system_usec") * 1000);
        values.put(Figure.CPU_PERIODS, KernelText.keyedOrZero(cpu, "nr_periods"));
        values.put(Figure.CPU_THROTTLED_PERIODS, KernelText.keyedOrZero(cpu, "nr_throttled"));
        values.put(Figure.CPU_THROTTLED_NANOS, KernelText.keyedOrZero(cpu, "throttled_usec") * 1000);
    }

    private static void addMemory(
            EnumMap<Figure, Long> values, KernelFiles files, String directory, @Nullable String memory) {
        values.put(Figure.MEMORY_CACHE, KernelText.keyedOrZero(memory, "file"));
        values.put(Figure.MEMORY_KERNEL, kernelMemory(memory));
        values.put(Figure.MEMORY_MAPPED_FILE, KernelText.keyedOrZero(memory, "file_mapped"));
        values.put(Figure.MEMORY_ACTIVE_FILE, KernelText.keyedOrZero(memory, "active_file"));
        values.put(Figure.MEMORY_INACTIVE_FILE, KernelText.keyedOrZero(memory, "inactive_file"));
        values.put(Figure.OWN_PAGE_FAULTS, KernelText.keyedOrZero(memory, "pgfault"));
        values.put(Figure.OWN_MAJOR_PAGE_FAULTS, KernelText.keyedOrZero(memory, "pgmajfault"));
        String events = files.text(directory + "/memory.events");
        values.put(Figure.MEMORY_FAILURES, KernelText.keyedOrZero(events, "max"));
        values.put(Figure.OOM_KILLS, KernelText.keyedOrZero(events, "oom_kill"));
        // Since Linux 5.19.
        files.number(directory + "/memory.peak").ifPresent(peak -> values.put(Figure.MEMORY_MAX_USAGE, peak));
    }

    /** The sum is told since Linux 5.18; before, its largest parts. */
    private static long kernelMemory(@Nullable String memory) {
        return KernelText.keyed(memory, "kernel")
                .orElseGet(() -> KernelText.keyedOrZero(memory, "slab")
                        + KernelText.keyedOrZero(memory, "kernel_stack")
                        + KernelText.keyedOrZero(memory, "pagetables"));
    }

    private static void addTasks(EnumMap<Figure, Long> values, KernelFiles files, String directory) {
        int processes = files.lines(directory + "/cgroup.procs");
        OptionalLong threads = files.number(directory + "/pids.current");
        if (threads.isEmpty()) {
            threads = OptionalLong.of(Math.max(0, files.lines(directory + "/cgroup.threads")));
        }
        values.put(Figure.THREADS, threads.getAsLong());
        values.put(Figure.PROCESSES, processes > 0 ? Long.valueOf(processes) : Long.valueOf(threads.getAsLong()));
        values.put(Figure.THREADS_MAX, files.number(directory + "/pids.max").orElse(0));
    }

    private static void addSpec(EnumMap<Figure, Long> values, KernelFiles files, String directory) {
        String max = files.text(directory + "/cpu.max");
        String[] quotaAndPeriod = max == null ? new String[0] : max.strip().split(" ", -1);
        values.put(
                Figure.SPEC_CPU_PERIOD,
                quotaAndPeriod.length == 2
                        ? KernelText.number(quotaAndPeriod[1]).orElse(DEFAULT_PERIOD_MICROS)
                        : Long.valueOf(DEFAULT_PERIOD_MICROS));
        if (quotaAndPeriod.length == 2) {
            KernelText.number(quotaAndPeriod[0]).ifPresent(quota -> values.put(Figure.SPEC_CPU_QUOTA, quota));
        }
        files.number(directory + "/cpu.weight")
                .ifPresent(weight -> values.put(Figure.SPEC_CPU_SHARES, CpuShares.ofWeight(weight)));
        values.put(
                Figure.SPEC_MEMORY_LIMIT,
                files.number(directory + "/memory.max").orElse(0));
        values.put(
                Figure.SPEC_MEMORY_RESERVATION,
                files.number(directory + "/memory.low").orElse(0));
        values.put(
                Figure.SPEC_MEMORY_SWAP_LIMIT,
                files.number(directory + "/memory.swap.max").orElse(0));
    }

    /** Lines such as {@code 8:0 rbytes=90112 wbytes=0 rios=6 wios=0 dbytes=0 dios=0}. */
    private static List<DeviceIo> io(@Nullable String text) {
        List<DeviceIo> devices = new ArrayList<>();
        if (text == null) {
            return devices;
        }
        for (String line : text.split("\n", -1)) {
            String[] fields = line.split(" ", -1);
            String[] device = fields[0].split(":", -1);
            if (device.length != 2 || fields.length < 2) {
                continue;
            }
            devices.add(new DeviceIo(
                    Integer.parseInt(device[0]),
                    Integer.parseInt(device[1]),
                    field(fields, "rbytes="),
                    field(fields, "wbytes="),
                    field(fields, "rios="),
                    field(fields, "wios=")));
        }
        return devices;
    }

    private static long field(String[] fields, String key) {
        for (String field : fields) {
            if (field.startsWith(key)) {
                return KernelText.number(field.substring(key.length())).orElse(0);
            }
        }
        return 0;
    }

    private List<HugePages> hugePages(KernelFiles files, String directory) {
        List<HugePages> pages = new ArrayList<>();
        for (String size : hugePageSizes) {
            files.number(directory + "/hugetlb." + size + ".current")
                    .ifPresent(usage -> pages.add(new HugePages(size, usage, null)));
        }
        return pages;
    }

    @Override
    public @Nullable String processes(KernelFiles files, String path) {
        return files.text(mount + path + "/cgroup.procs");
    }
}
