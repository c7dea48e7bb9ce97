package io.gantry.pod.stats;

import io.gantry.platform.linux.HostFacts;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * cgroup v1, and the pressure files of a v2 hierarchy beside it (hybrid mode), which every v2 hierarchy has.
 *
 * @param controllers name to mount point; a controller may be missing
 * @param unified mount point of the v2 hierarchy, if there is one with pressure files
 * @param hugePageSizes as in file names
 * @see <a href="https://docs.kernel.org/admin-guide/cgroup-v1/index.html">Control Groups version 1</a>
 */
record CgroupV1Reader(Map<String, String> controllers, Optional<String> unified, List<String> hugePageSizes)
        implements CgroupReader {
    /** What the kernel says for no limit: the largest number of whole pages. */
    private static final long UNLIMITED = 1L << 62;

    CgroupV1Reader {
        controllers = Map.copyOf(controllers);
        hugePageSizes = List.copyOf(hugePageSizes);
    }

    static CgroupV1Reader of(HostFacts host) {
        Map<String, String> mounts = new LinkedHashMap<>();
        host.cgroupControllers().forEach((name, mount) -> mounts.put(name, mount.toString()));
        return new CgroupV1Reader(
                mounts,
                host.cgroup2()
                        .filter(mount -> new KernelFiles().text(mount + "/cpu.pressure") != null)
                        .map(Path::toString),
                mounts.containsKey("hugetlb") ? HugePageSizes.ofHost() : List.of());
    }

    /** A file of a cgroup. Without the controller, a path that is not there. */
    private String file(String controller, String path, String name) {
        return controllers.getOrDefault(controller, "/dev/null/" + controller) + path + "/" + name;
    }

    @Override
    public OptionalLong cpuNanos(KernelFiles files, String path) {
        return files.number(file("cpuacct", path, "cpuacct.usage"));
    }

    @Override
    public @Nullable CgroupUsage usage(KernelFiles files, String path, Instant now) {
        return usage(files, path, now, files.text(file("memory", path, "memory.stat")));
    }

    private @Nullable CgroupUsage usage(KernelFiles files, String path, Instant now, @Nullable String memory) {
        OptionalLong cpu = cpuNanos(files, path);
        if (cpu.isEmpty() && memory == null) {
            return null;
        }
        OptionalLong swap = KernelText.keyed(memory, "total_swap");
        return new CgroupUsage(
                now,
                cpu.orElse(0),
                MemoryUsage.of(
                        files.number(file("memory", path, "memory.usage_in_bytes"))
                                .orElse(0),
                        KernelText.keyedOrZero(memory, "total_inactive_file"),
                        KernelText.keyedOrZero(memory, "total_rss"),
                        KernelText.keyedOrZero(memory, "total_pgfault"),
                        KernelText.keyedOrZero(memory, "total_pgmajfault")),
                swap.isPresent() ? Long.valueOf(swap.getAsLong()) : null,
                unified.isPresent() ? Pressures.read(files, unified.get() + path) : Pressures.UNKNOWN);
    }

    @Override
    public @Nullable CgroupFigures figures(KernelFiles files, String path, Instant now) {
        String memory = files.text(file("memory", path, "memory.stat"));
        CgroupUsage usage = usage(files, path, now, memory);
        if (usage == null) {
            return null;
        }
        EnumMap<Figure, Long> values = CgroupFigures.of(usage);
        addCpu(values, files, path);
        addMemory(values, files, path, memory);
        addTasks(values, files, path);
        addSpec(values, files, path);
        return new CgroupFigures(values, io(files, path), hugePages(files, path));
    }

    private void addCpu(EnumMap<Figure, Long> values, KernelFiles files, String path) {
        values.put(
                Figure.CPU_USER_NANOS,
                files.number(file("cpuacct", path, "cpuacct.usage_user")).orElse(0));
        values.put(
                Figure.CPU_SYSTEM_NANOS,
                files.number(file("cpuacct", path, "cpuacct.usage_sys")).orElse(0));
        String bandwidth = files.text(file("cpu", path, "cpu.stat"));
        values.put(Figure.CPU_PERIODS, KernelText.keyedOrZero(bandwidth, "nr_periods"));
        values.put(Figure.CPU_THROTTLED_PERIODS, KernelText.keyedOrZero(bandwidth, "nr_throttled"));
        values.put(Figure.CPU_THROTTLED_NANOS, KernelText.keyedOrZero(bandwidth, "throttled_time"));
    }

    private void addMemory(EnumMap<Figure, Long> values, KernelFiles files, String path, @Nullable String memory) {
        values.put(Figure.MEMORY_CACHE, KernelText.keyedOrZero(memory, "total_cache"));
        values.put(
                Figure.MEMORY_KERNEL,
                files.number(file("memory", path, "memory.kmem.usage_in_bytes")).orElse(0));
        values.put(Figure.MEMORY_MAPPED_FILE, KernelText.keyedOrZero(memory, "total_mapped_file"));
        values.put(Figure.MEMORY_ACTIVE_FILE, KernelText.keyedOrZero(memory, "total_active_file"));
        values.put(Figure.MEMORY_INACTIVE_FILE, KernelText.keyedOrZero(memory, "total_inactive_file"));
        values.put(Figure.OWN_PAGE_FAULTS, KernelText.keyedOrZero(memory, "pgfault"));
        values.put(Figure.OWN_MAJOR_PAGE_FAULTS, KernelText.keyedOrZero(memory, "pgmajfault"));
        values.put(
                Figure.MEMORY_FAILURES,
                files.number(file("memory", path, "memory.failcnt")).orElse(0));
        files.number(file("memory", path, "memory.max_usage_in_bytes"))
                .ifPresent(most -> values.put(Figure.MEMORY_MAX_USAGE, most));
        values.put(
                Figure.OOM_KILLS,
                KernelText.keyedOrZero(files.text(file("memory", path, "memory.oom_control")), "oom_kill"));
    }

    /** Every hierarchy lists processes and threads; the one that a container is sure to be in is that of cpuacct. */
    private void addTasks(EnumMap<Figure, Long> values, KernelFiles files, String path) {
        OptionalLong threads = files.number(file("pids", path, "pids.current"));
        if (threads.isEmpty()) {
            threads = OptionalLong.of(Math.max(0, files.lines(file("cpuacct", path, "tasks"))));
        }
        int processes = files.lines(file("cpuacct", path, "cgroup.procs"));
        values.put(Figure.THREADS, threads.getAsLong());
        values.put(Figure.PROCESSES, processes > 0 ? Long.valueOf(processes) : Long.valueOf(threads.getAsLong()));
        values.put(
                Figure.THREADS_MAX, files.number(file("pids", path, "pids.max")).orElse(0));
    }

    private void addSpec(EnumMap<Figure, Long> values, KernelFiles files, String path) {
        files.number(file("cpu", path, "cpu.cfs_period_us"))
                .ifPresent(period -> values.put(Figure.SPEC_CPU_PERIOD, period));
        // "-1" for none is no number here.
        files.number(file("cpu", path, "cpu.cfs_quota_us"))
                .ifPresent(quota -> values.put(Figure.SPEC_CPU_QUOTA, quota));
        files.number(file("cpu", path, "cpu.shares")).ifPresent(shares -> values.put(Figure.SPEC_CPU_SHARES, shares));
        values.put(Figure.SPEC_MEMORY_LIMIT, limit(files, path, "memory.limit_in_bytes"));
        values.put(Figure.SPEC_MEMORY_RESERVATION, limit(files, path, "memory.soft_limit_in_bytes"));
        values.put(Figure.SPEC_MEMORY_SWAP_LIMIT, limit(files, path, "memory.memsw.limit_in_bytes"));
    }

    private long limit(KernelFiles files, String path, String name) {
        long limit = files.number(file("memory", path, name)).orElse(0);
        return limit >= UNLIMITED ? 0 : limit;
    }

    private List<DeviceIo> io(KernelFiles files, String path) {
        String bytes = blkio(files, path, "blkio.throttle.io_service_bytes");
        String operations = blkio(files, path, "blkio.throttle.io_serviced");
        List<DeviceIo> devices = new ArrayList<>();
        if (bytes == null) {
            return devices;
        }
        for (String line : bytes.split("\n", -1)) {
            // "8:0 Read 90112"; the device has one line for each operation
            int space = line.indexOf(' ');
            int colon = line.indexOf(':');
            if (colon < 0 || space < colon || !line.startsWith(" Read ", space)) {
                continue;
            }
            String device = line.substring(0, space);
            devices.add(new DeviceIo(
                    Integer.parseInt(line.substring(0, colon)),
                    Integer.parseInt(line.substring(colon + 1, space)),
                    KernelText.keyedOrZero(bytes, device + " Read"),
                    KernelText.keyedOrZero(bytes, device + " Write"),
                    KernelText.keyedOrZero(operations, device + " Read"),
                    KernelText.keyedOrZero(operations, device + " Write")));
        }
        return devices;
    }

    /** The figures with the cgroups below are told since Linux 5.3. */
    private @Nullable String blkio(KernelFiles files, String path, String name) {
        String all = files.text(file("blkio", path, name + "_recursive"));
        return all == null ? files.text(file("blkio", path, name)) : all;
    }

    private List<HugePages> hugePages(KernelFiles files, String path) {
        List<HugePages> pages = new ArrayList<>();
        for (String size : hugePageSizes) {
            String prefix = file("hugetlb", path, "hugetlb." + size);
            OptionalLong most = files.number(prefix + ".max_usage_in_bytes");
            files.number(prefix + ".usage_in_bytes")
                    .ifPresent(usage -> pages.add(
                            new HugePages(size, usage, most.isPresent() ? Long.valueOf(most.getAsLong()) : null)));
        }
        return pages;
    }

    @Override
    public @Nullable String processes(KernelFiles files, String path) {
        return files.text(file("cpuacct", path, "cgroup.procs"));
    }
}
