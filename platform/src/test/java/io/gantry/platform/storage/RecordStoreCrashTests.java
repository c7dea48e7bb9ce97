package io.gantry.platform.storage;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.Command.Stdio;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process that writes records without pause is killed at some instruction. */
@Timeout(120)
class RecordStoreCrashTests {
    record Counter(int value, String padding) {}

    private static final int IDS = 4;

    /** The process that is killed: writes the next number to each record in turn and says so. */
    static final class Writer {
        private Writer() {}

        public static void main(String[] arguments) {
            RecordStore<Counter> store = new RecordStore<>(Path.of(arguments[0]), Counter.class, 1);
            for (int i = 0; ; i++) {
                store.put("id" + i % IDS, new Counter(i, "x".repeat(20_000)));
                System.out.println(i);
            }
        }
    }

    @TempDir
    Path dir;

    @RepeatedTest(4)
    void everyRecordThatWasReportedIsThereAndWhole(RepetitionInfo repetition) throws Exception {
        List<String> argv = List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(),
                "--enable-native-access=ALL-UNNAMED",
                "-Xshare:auto",
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Writer.class.getName(),
                dir.toString());
        String said;
        try (RunningProcess writer =
                SpawnProcessRunner.shared().start(Command.of(argv).withStdout(new Stdio.Capture(100 << 20)))) {
            while (writer.stdout().length < 20) {
                assertThat(writer.exited())
                        .as(() -> new String(writer.stderr(), java.nio.charset.StandardCharsets.UTF_8))
                        .isNotDone();
                Thread.sleep(5);
            }
            Thread.sleep(new Random(repetition.getCurrentRepetition()).nextInt(100));
            writer.killGroup();
            said = writer.waitFor(Deadline.NONE).stdoutText();
        }
        List<String> reported =
                said.substring(0, said.lastIndexOf('\n')).lines().toList();
        int last = Integer.parseInt(reported.getLast());

        LoadResult<Counter> result = new RecordStore<>(dir, Counter.class, 1).loadAll();
        assertThat(result.corrupt()).isEmpty();
        assertThat(result.records()).hasSize(IDS);
        for (int i = last; i > last - IDS; i--) {
            Counter counter = result.records().get("id" + i % IDS);
            assertThat(counter).isNotNull().extracting(Counter::padding).isEqualTo("x".repeat(20_000));
            // One write may have been made and not yet said.
            assertThat(counter).extracting(Counter::value).isIn(i, i + IDS);
        }
        assertThat(dir.toFile().list()).hasSize(IDS);
    }
}
