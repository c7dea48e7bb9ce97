package io.gantry.pod.stats;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.testing.TestDirectories;
import java.nio.file.Files;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CgroupReaderTests {
    private static final String PATH = "/kubepods/pod1/0123abcd";
    private static final Instant NOW = Instant.ofEpochSecond(100);

    private final TestDirectories directories = TestDirectories.create();
    private final KernelFiles files = new KernelFiles();

    @AfterEach
    void close() {
        directories.close();
    }

    private CgroupFigures figures(CgroupReader reader) {
        return Objects.requireNonNull(reader.figures(files, PATH, NOW));
    }

    private CgroupUsage usage(CgroupReader reader) {
        return Objects.requireNonNull(reader.usage(files, PATH, NOW));
    }

    @Test
    void readsVersion1() {
        RecordedCgroups.writeV1(directories, PATH);
        CgroupReader reader = RecordedCgroups.v1(directories);

        CgroupFigures figures = figures(reader);

        assertThat(figures.values())
                .containsAllEntriesOf(RecordedCgroups.commonFigures())
                .containsEntry(Figure.CPU_USAGE_NANOS, 723_354_811L)
                .containsEntry(Figure.CPU_SYSTEM_NANOS, 487_978_173L)
                .containsEntry(Figure.CPU_THROTTLED_NANOS, 2_517_386_420L)
                .containsEntry(Figure.OWN_PAGE_FAULTS, 40_000L)
                .containsEntry(Figure.OWN_MAJOR_PAGE_FAULTS, 3L)
                .containsEntry(Figure.THREADS_MAX, 0L)
                .containsEntry(Figure.SPEC_CPU_SHARES, 512L)
                .containsEntry(Figure.SPEC_MEMORY_SWAP_LIMIT, 134_217_728L)
                .containsOnlyKeys(Figure.values());
        assertThat(figures.io()).containsExactly(new DeviceIo(254, 0, 90112, 4096, 6, 1));
        assertThat(figures.hugePages()).containsExactly(new HugePages("2MB", 2_097_152, 4_194_304L));
        assertThat(reader.cpuNanos(files, PATH)).hasValue(723_354_811);
    }

    @Test
    void readsVersion2() {
        RecordedCgroups.writeV2(directories, PATH);
        CgroupReader reader = RecordedCgroups.v2(directories);

        CgroupFigures figures = figures(reader);

        assertThat(figures.values())
                .containsAllEntriesOf(RecordedCgroups.commonFigures())
                .containsEntry(Figure.CPU_USAGE_NANOS, 723_354_000L)
                .containsEntry(Figure.CPU_SYSTEM_NANOS, 487_978_000L)
                .containsEntry(Figure.CPU_THROTTLED_NANOS, 2_517_386_000L)
                .containsEntry(Figure.OWN_PAGE_FAULTS, 46_980L)
                .containsEntry(Figure.THREADS_MAX, 1024L)
                .containsEntry(Figure.SPEC_CPU_SHARES, 500L)
                .containsEntry(Figure.SPEC_MEMORY_SWAP_LIMIT, 0L)
                .containsOnlyKeys(Figure.values());
        assertThat(figures.io()).containsExactly(new DeviceIo(254, 0, 90112, 4096, 6, 1));
        assertThat(figures.hugePages()).containsExactly(new HugePages("2MB", 2_097_152, null));
        assertThat(reader.cpuNanos(files, PATH)).hasValue(723_354_000);
    }

    @Test
    void statsAreTheSameOnBothVersions() {
        RecordedCgroups.writeV1(directories, PATH);
        RecordedCgroups.writeV2(directories, PATH);

        CgroupUsage v1 = usage(RecordedCgroups.v1(directories));
        CgroupUsage v2 = usage(RecordedCgroups.v2(directories));

        assertThat(v1.memory()).isEqualTo(new MemoryUsage(9_527_296, 3_325_952, 245_760, 46_980, 5));
        assertThat(v2.memory()).isEqualTo(v1.memory());
        assertThat(v2.swapBytes()).isEqualTo(v1.swapBytes()).isEqualTo(65_536L);
        assertThat(v2.pressures()).isEqualTo(v1.pressures());
        Pressure cpu = Objects.requireNonNull(v1.pressures().cpu());
        assertThat(cpu.some()).isEqualTo(new Pressure.Line(4_047_900, 0.18, 0.03, 0));
        assertThat(cpu.full()).isEqualTo(new Pressure.Line(3_314_100, 0.11, 0.02, 0));
        assertThat(v1.at()).isEqualTo(NOW);
    }

    @Test
    void aCgroupThatIsGoneHasNoFigures() {
        for (CgroupReader reader : List.of(RecordedCgroups.v1(directories), RecordedCgroups.v2(directories))) {
            assertThat(reader.usage(files, PATH, NOW)).isNull();
            assertThat(reader.figures(files, PATH, NOW)).isNull();
            assertThat(reader.processes(files, PATH)).isNull();
            assertThat(reader.cpuNanos(files, PATH)).isEmpty();
        }
    }

    @Test
    void threadsAreCountedWithoutThePidsController() {
        RecordedCgroups.writeV1(directories, PATH);

        CgroupFigures figures = figures(RecordedCgroups.v1(directories, "cpu", "cpuacct", "memory"));

        assertThat(figures.values()).containsEntry(Figure.THREADS, 3L).containsEntry(Figure.THREADS_MAX, 0L);
        assertThat(figures.io()).isEmpty();
        assertThat(figures.hugePages()).isEmpty();
    }

    @Test
    void anOlderKernelTellsLess() throws Exception {
        RecordedCgroups.writeV2(directories, PATH);
        for (String newer : List.of("memory.peak", "memory.swap.current", "cpu.pressure", "cpu.max")) {
            Files.delete(directories.root().resolve("v2" + PATH).resolve(newer));
        }
        var unused = directories.file("v2" + PATH + "/memory.stat", "anon 1\nslab 10\nkernel_stack 5\npagetables 2\n");

        CgroupFigures figures = figures(RecordedCgroups.v2(directories));

        assertThat(figures.values())
                .containsEntry(Figure.MEMORY_KERNEL, 17L)
                .containsEntry(Figure.SPEC_CPU_PERIOD, 100_000L)
                .doesNotContainKeys(
                        Figure.MEMORY_MAX_USAGE,
                        Figure.SPEC_CPU_QUOTA,
                        Figure.CPU_WAITING_MICROS,
                        Figure.IO_STALLED_MICROS);
        assertThat(usage(RecordedCgroups.v2(directories)).swapBytes()).isNull();
    }

    @Test
    void aWorkingSetIsNeverNegative() {
        assertThat(MemoryUsage.of(100, 4096, 0, 0, 0).workingSet()).isZero();
    }

    @Test
    void keysAreWholeWordsAtTheBeginningOfALine() {
        String text = "inactive_file 1\nfile_mapped 2\nfile 3\ntotal_file 4\n";

        assertThat(KernelText.keyed(text, "file")).hasValue(3);
        assertThat(KernelText.keyed(text, "inactive_file")).hasValue(1);
        assertThat(KernelText.keyed(text, "active_file")).isEmpty();
        assertThat(KernelText.keyed("file", "file")).isEmpty();
        assertThat(KernelText.keyed("file max", "file")).isEmpty();
        assertThat(KernelText.number("18446744073709551615")).hasValue(Long.MAX_VALUE);
        assertThat(KernelText.number("-1")).isEmpty();
    }

    @Test
    void filesLongerThanTheBufferAreReadWhole() {
        String[] lines = new String[3000];
        Arrays.setAll(lines, i -> Integer.toString(100_000 + i));
        String text = String.join("\n", lines) + "\n";
        String path = directories.file("long", text).toString();

        assertThat(files.text(path)).isEqualTo(text);
        assertThat(files.lines(path)).isEqualTo(3000);
        assertThat(files.text(directories.file("page", "x".repeat(4096)).toString()))
                .hasSize(4096);
        assertThat(files.text(directories.file("empty", "").toString())).isEmpty();
        assertThat(files.lines(path + "/nothing")).isEqualTo(-1);
    }

    @Test
    void hugePageSizesAreSpelledAsInFileNames() {
        assertThat(HugePageSizes.name(64)).isEqualTo("64KB");
        assertThat(HugePageSizes.name(2048)).isEqualTo("2MB");
        assertThat(HugePageSizes.name(1 << 20)).isEqualTo("1GB");
    }
}
