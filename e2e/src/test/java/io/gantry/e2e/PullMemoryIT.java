package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.FaultImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Sixteen pulls at once, in a small daemon with a small budget: what they hold is never more than that. */
class PullMemoryIT {
    private static final int MIB = 1 << 20;
    private static final int PULLS = 16;
    private static final long BUDGET = 24L * MIB;
    /** Of a daemon that pulls with such a budget: code, heap and stacks beside it. */
    private static final long RESIDENT_MIB = 300;

    @Test
    void sixteenPullsAtOnceStayUnderTheBudget() throws Exception {
        assumeTrue(System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"), "the budget is Gantry's own");
        try (PullBed bed = PullBed.start("pull_memory_mib = " + BUDGET / MIB)) {
            List<String> references = new ArrayList<>();
            List<String> ids = new ArrayList<>();
            for (int i = 0; i < PULLS; i++) {
                FaultImage image = FaultImage.of(100 + i, 4 * MIB, 2 * MIB, MIB);
                references.add(bed.serve("many/" + i, image));
                ids.add(image.id());
                // Slow enough for all to be under way together.
                for (String layer : image.layers()) {
                    int length = image.bytesOf(layer).length;
                    bed.registry.blob("many/" + i, layer, answer -> answer.slowly(4 * MIB, length));
                }
            }
            long pid = bed.run.runtime().pid();
            // 5 resets the peak of the resident set: proc(5), /proc/pid/clear_refs.
            Files.writeString(Path.of("/proc/" + pid + "/clear_refs"), "5");
            List<Process> pulls = new ArrayList<>();
            for (String reference : references) {
                pulls.add(bed.pullInBackground(reference));
            }
            long most = 0;
            while (pulls.stream().anyMatch(Process::isAlive)) {
                long used = memory(bed).get("used").asLong();
                assertThat(used).isBetween(0L, BUDGET);
                most = Math.max(most, used);
                Thread.sleep(50);
            }
            for (Process pull : pulls) {
                assertThat(pull.waitFor()).isZero();
            }
            JsonNode after = memory(bed);
            assertThat(bed.images()).containsExactlyInAnyOrderElementsOf(ids);
            assertThat(after.get("budget").asLong()).isEqualTo(BUDGET);
            assertThat(after.get("used").asLong()).isZero();
            assertThat(after.get("peak").asLong()).isBetween(most, BUDGET);
            // More than a few pulls held memory at one time, or this shows nothing.
            assertThat(after.get("peak").asLong()).isGreaterThan(BUDGET / 2);
            assertThat(peakMib(pid)).isLessThan(RESIDENT_MIB);
            bed.assertQuiet();
        }
    }

    private static JsonNode memory(PullBed bed) throws Exception {
        return JsonMapper.shared().readTree(bed.crictl.run("info")).get("pullMemory");
    }

    private static long peakMib(long pid) throws Exception {
        return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
                        .filter(line -> line.startsWith("VmHWM:"))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .findFirst()
                        .orElseThrow()
                / 1024;
    }
}
