package io.gantry.pod.stats;

import io.gantry.platform.testing.TestDirectories;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Cgroup files as Linux 6.18 wrote them for a container, under the mount points of a test's directory. */
public final class RecordedCgroups {
    private RecordedCgroups() {}

    /** Writes a cgroup of v1, with the pressure files of the v2 hierarchy beside it. */
    public static void writeV1(TestDirectories directories, String path) {
        file(directories, "cpuacct", path, "cpuacct.usage", "723354811\n");
        file(directories, "cpuacct", path, "cpuacct.usage_user", "152000000\n");
        file(directories, "cpuacct", path, "cpuacct.usage_sys", "487978173\n");
        file(directories, "cpuacct", path, "cgroup.procs", "12365\n18387\n");
        file(directories, "cpuacct", path, "tasks", "12365\n12366\n18387\n");
        file(
                directories,
                "cpu",
                path,
                "cpu.stat",
                "nr_periods 130\nnr_throttled 44\nthrottled_time 2517386420\nnr_bursts 0\nburst_time 0\n");
        file(directories, "cpu", path, "cpu.cfs_period_us", "100000\n");
        file(directories, "cpu", path, "cpu.cfs_quota_us", "20000\n");
        file(directories, "cpu", path, "cpu.shares", "512\n");
        file(directories, "memory", path, "memory.usage_in_bytes", "9527296\n");
        file(directories, "memory", path, "memory.max_usage_in_bytes", "12050432\n");
        file(directories, "memory", path, "memory.kmem.usage_in_bytes", "311296\n");
        file(directories, "memory", path, "memory.failcnt", "7\n");
        file(directories, "memory", path, "memory.limit_in_bytes", "67108864\n");
        file(directories, "memory", path, "memory.soft_limit_in_bytes", "9223372036854771712\n");
        file(directories, "memory", path, "memory.memsw.limit_in_bytes", "134217728\n");
        file(directories, "memory", path, "memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n");
        file(directories, "memory", path, "memory.stat", """
                cache 1048576
                rss 100
                mapped_file 12288
                swap 0
                pgfault 40000
                pgmajfault 3
                inactive_file 4096
                active_file 4096
                hierarchical_memory_limit 67108864
                hierarchical_memsw_limit 134217728
                total_cache 8437760
                total_rss 245760
                total_rss_huge 0
                total_shmem 0
                total_mapped_file 2027520
                total_swap 65536
                total_pgfault 46980
                total_pgmajfault 5
                total_inactive_anon 241664
                total_active_anon 4096
                total_inactive_file 6201344
                total_active_file 2236416
                total_unevictable 0
                """);
        file(directories, "pids", path, "pids.current", "3\n");
        file(directories, "pids", path, "pids.max", "max\n");
        file(directories, "blkio", path, "blkio.throttle.io_service_bytes_recursive", """
                254:0 Read 90112
                254:0 Write 4096
                254:0 Sync 94208
                254:0 Async 0
                254:0 Discard 0
                254:0 Total 94208
                Total 94208
                """);
        file(directories, "blkio", path, "blkio.throttle.io_serviced_recursive", """
                254:0 Read 6
                254:0 Write 1
                254:0 Sync 7
                254:0 Async 0
                254:0 Discard 0
                254:0 Total 7
                Total 7
                """);
        file(directories, "hugetlb", path, "hugetlb.2MB.usage_in_bytes", "2097152\n");
        file(directories, "hugetlb", path, "hugetlb.2MB.max_usage_in_bytes", "4194304\n");
        writePressures(directories, "unified", path);
    }

    /** Writes a cgroup of v2. */
    public static void writeV2(TestDirectories directories, String path) {
        file(directories, "v2", path, "cpu.stat", """
                usage_usec 723354
                user_usec 152000
                system_usec 487978
                nice_usec 0
                core_sched.force_idle_usec 0
                nr_periods 130
                nr_throttled 44
                throttled_usec 2517386
                nr_bursts 0
                burst_usec 0
                """);
        file(directories, "v2", path, "cpu.max", "20000 100000\n");
        file(directories, "v2", path, "cpu.weight", "20\n");
        file(directories, "v2", path, "memory.current", "9527296\n");
        file(directories, "v2", path, "memory.peak", "12050432\n");
        file(directories, "v2", path, "memory.max", "67108864\n");
        file(directories, "v2", path, "memory.low", "0\n");
        file(directories, "v2", path, "memory.swap.current", "65536\n");
        file(directories, "v2", path, "memory.swap.max", "max\n");
        file(directories, "v2", path, "memory.events", "low 0\nhigh 0\nmax 7\noom 2\noom_kill 2\noom_group_kill 0\n");
        file(directories, "v2", path, "memory.stat", """
                anon 245760
                file 8437760
                kernel 311296
                kernel_stack 49152
                pagetables 61440
                sec_pagetables 0
                percpu 2112
                sock 0
                shmem 0
                file_mapped 2027520
                file_dirty 0
                swapcached 0
                inactive_anon 241664
                active_anon 4096
                inactive_file 6201344
                active_file 2236416
                slab_reclaimable 96480
                slab_unreclaimable 88912
                slab 185392
                pgfault 46980
                pgmajfault 5
                """);
        file(directories, "v2", path, "cgroup.procs", "12365\n18387\n");
        file(directories, "v2", path, "pids.current", "3\n");
        file(directories, "v2", path, "pids.max", "1024\n");
        file(directories, "v2", path, "io.stat", "254:0 rbytes=90112 wbytes=4096 rios=6 wios=1 dbytes=0 dios=0\n");
        file(directories, "v2", path, "hugetlb.2MB.current", "2097152\n");
        writePressures(directories, "v2", path);
    }

    private static void writePressures(TestDirectories directories, String mount, String path) {
        file(directories, mount, path, "cpu.pressure", """
                some avg10=0.18 avg60=0.03 avg300=0.00 total=4047900
                full avg10=0.11 avg60=0.02 avg300=0.00 total=3314100
                """);
        file(directories, mount, path, "memory.pressure", """
                some avg10=0.00 avg60=0.00 avg300=0.00 total=1200000
                full avg10=0.00 avg60=0.00 avg300=0.00 total=1100000
                """);
        file(directories, mount, path, "io.pressure", """
                some avg10=0.00 avg60=0.00 avg300=0.00 total=7139
                full avg10=0.00 avg60=0.00 avg300=0.00 total=7132
                """);
    }

    private static void file(TestDirectories directories, String mount, String path, String name, String text) {
        var unused = directories.file(mount + path + "/" + name, text);
    }

    static CgroupV1Reader v1(TestDirectories directories, String... controllers) {
        return new CgroupV1Reader(
                Arrays.stream(controllers)
                        .collect(Collectors.toMap(name -> name, name -> directories.root() + "/" + name)),
                Optional.of(directories.root() + "/unified"),
                List.of("2MB"));
    }

    /** A reader of all controllers. */
    static CgroupV1Reader v1(TestDirectories directories) {
        return v1(directories, "cpu", "cpuacct", "memory", "pids", "blkio", "hugetlb");
    }

    static CgroupV2Reader v2(TestDirectories directories) {
        return new CgroupV2Reader(directories.root() + "/v2", List.of("2MB", "1GB"));
    }

    /** What both recordings say. */
    static Map<Figure, Long> commonFigures() {
        return Map.ofEntries(
                Map.entry(Figure.CPU_PERIODS, 130L),
                Map.entry(Figure.CPU_THROTTLED_PERIODS, 44L),
                Map.entry(Figure.CPU_USER_NANOS, 152_000_000L),
                Map.entry(Figure.MEMORY_USAGE, 9_527_296L),
                Map.entry(Figure.MEMORY_WORKING_SET, 9_527_296L - 6_201_344L),
                Map.entry(Figure.MEMORY_RSS, 245_760L),
                Map.entry(Figure.MEMORY_CACHE, 8_437_760L),
                Map.entry(Figure.MEMORY_KERNEL, 311_296L),
                Map.entry(Figure.MEMORY_MAPPED_FILE, 2_027_520L),
                Map.entry(Figure.MEMORY_SWAP, 65_536L),
                Map.entry(Figure.MEMORY_ACTIVE_FILE, 2_236_416L),
                Map.entry(Figure.MEMORY_INACTIVE_FILE, 6_201_344L),
                Map.entry(Figure.MEMORY_FAILURES, 7L),
                Map.entry(Figure.MEMORY_MAX_USAGE, 12_050_432L),
                Map.entry(Figure.PAGE_FAULTS, 46_980L),
                Map.entry(Figure.MAJOR_PAGE_FAULTS, 5L),
                Map.entry(Figure.OOM_KILLS, 2L),
                Map.entry(Figure.PROCESSES, 2L),
                Map.entry(Figure.THREADS, 3L),
                Map.entry(Figure.CPU_WAITING_MICROS, 4_047_900L),
                Map.entry(Figure.CPU_STALLED_MICROS, 3_314_100L),
                Map.entry(Figure.MEMORY_WAITING_MICROS, 1_200_000L),
                Map.entry(Figure.MEMORY_STALLED_MICROS, 1_100_000L),
                Map.entry(Figure.IO_WAITING_MICROS, 7139L),
                Map.entry(Figure.IO_STALLED_MICROS, 7132L),
                Map.entry(Figure.SPEC_CPU_PERIOD, 100_000L),
                Map.entry(Figure.SPEC_CPU_QUOTA, 20_000L),
                Map.entry(Figure.SPEC_MEMORY_LIMIT, 67_108_864L),
                Map.entry(Figure.SPEC_MEMORY_RESERVATION, 0L));
    }
}
