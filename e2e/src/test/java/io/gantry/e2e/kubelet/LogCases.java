package io.gantry.e2e.kubelet;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;

/** Container logs: through the kubelet's API, and rotated by it. */
abstract class LogCases extends KubeletCases {
    private static final int LINES = 3000;

    @Test
    void logsThroughTheApi() throws Exception {
        String name = run(Pods.shell(
                        "logs",
                        "echo err >&2; sleep 0.5; for i in 1 2 3; do echo out-$i; done; printf 'no line end'; "
                                + Pods.IDLE)
                .build());
        pods().awaitReady(name);
        String path = "/containerLogs/" + StaticPods.path(name) + "/main";

        Await.until("all of the log", () -> node().api().get(path), log -> log.endsWith("no line end"));

        assertThat(node().api().get(path).lines()).containsExactly("err", "out-1", "out-2", "out-3", "no line end");
        assertThat(node().api().get(path + "?limitBytes=4")).hasSize(4);
        assertThat(node().api().get(path + "?tailLines=1&timestamps=true")).matches("\\d{4}-\\d\\d-\\d\\dT\\S+ .*");
    }

    @Test
    void logsOfAnEarlierContainer() throws Exception {
        String name = run(Pods.shell("previous", "echo \"begun at $(cat /proc/uptime)\"; sleep 1; exit 1")
                .build());
        pods().awaitMain(name, "restarted", status -> status.getRestartCount() > 0 && Pods.isRunning(status));
        String path = "/containerLogs/" + StaticPods.path(name) + "/main";

        String now = Await.until("the log", () -> node().api().get(path), log -> !log.isEmpty());
        String before = node().api().get(path + "?previous=true");

        assertThat(before).startsWith("begun at ").isNotEqualTo(now);
    }

    @Test
    void logRotation() throws Exception {
        String name = run(Pods.shell(
                        "rotated",
                        "i=0; while [ $i -lt " + LINES + " ]; do echo \"line $i of a log that grows\"; i=$((i+1)); "
                                + "[ $((i % 30)) != 0 ] || sleep 0.1; done; echo end; " + Pods.IDLE)
                .build());
        pods().awaitReady(name);

        List<String> lines = Await.until("the whole log, rotated", () -> logOf(name), all -> all.contains("end"));

        // Files that are too many are removed, the oldest first; of the others no line is missing.
        int first = Integer.parseInt(lines.getFirst().split(" ")[1]);
        for (int i = first; i < LINES; i++) {
            assertThat(lines.get(i - first)).isEqualTo("line " + i + " of a log that grows");
        }
        assertThat(lines).hasSize(LINES - first + 1);
        assertThat(files(name)).hasSizeGreaterThan(2);
        assertThat(node().api().get("/containerLogs/" + StaticPods.path(name) + "/main?tailLines=1"))
                .isEqualTo("end\n");
    }

    /** The text of all log files of the pod's container, which must have been rotated, in the order of writing. */
    private List<String> logOf(String pod) throws IOException {
        List<Path> files = files(pod);
        if (files.size() < 3) {
            throw new IOException("not rotated yet: " + files);
        }
        List<String> lines = new ArrayList<>();
        for (Path file : files) {
            try (InputStream raw = Files.newInputStream(file);
                    InputStream text = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
                new String(text.readAllBytes(), StandardCharsets.UTF_8)
                        .lines()
                        .map(line -> line.replaceFirst("^\\S+ stdout F ", ""))
                        .forEach(lines::add);
            }
        }
        return lines;
    }

    /** Its log files, oldest first: those with a time in their name, then {@code 0.log}. */
    private List<Path> files(String pod) throws IOException {
        try (var all = Files.find(
                node().kubelet().files().podLogs(),
                3,
                (path, _) -> path.toString().contains("_" + StaticPods.fullName(pod) + "_")
                        && requireNonNull(path.getFileName()).toString().startsWith("0.log"))) {
            List<Path> files = new ArrayList<>(all.sorted().toList());
            files.addLast(files.removeFirst());
            return files;
        }
    }
}
