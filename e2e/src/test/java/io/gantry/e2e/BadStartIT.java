package io.gantry.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** What keeps the daemon from starting, and what must not. */
class BadStartIT {

    @BeforeAll
    static void onlyGantry() {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "is about Gantry's own configuration and records");
    }

    @Test
    void aConfigurationWithAnUnknownKey() throws Exception {
        try (CriRun run = CriRun.prepare()) {
            Path file = run.runtime().node().files().resolve("gantry.toml");
            Files.writeString(file, "\n[api]\nsockt = \"/run/x\"\n[network]\n", StandardOpenOption.TRUNCATE_EXISTING);

            Process daemon = run.runtime().launch();
            assertThat(daemon.waitFor(30, TimeUnit.SECONDS)).isTrue();
            assertThat(daemon.exitValue()).isNotZero();
            assertThat(run.runtime().log().replace(file.toString(), "FILE")).isEqualTo("""
                    gantry serve: read configuration: 1 problem:
                      FILE:3: unknown key "api.sockt"; did you mean "api.socket"?
                    """);
        }
    }

    @Test
    void aCorruptRecordIsSetAsideAndTheOthersLive() throws Exception {
        try (CriRun run = CriRun.start()) {
            Crictl crictl = run.crictl();
            crictl.run("pull", Crictl.BUSYBOX);
            ObjectNode bad = crictl.pod("corrupt");
            String badId = crictl.runPod(bad);
            ObjectNode good = crictl.pod("good");
            String goodId = crictl.runPod(good);
            String container =
                    crictl.runContainer(goodId, good, crictl.container("main", Crictl.BUSYBOX, "sleep", "infinity"));
            run.runtime().kill();
            Path record = record(run.runtime().node().root(), badId);
            Files.writeString(record, "{\"schema\":1,\"record\":{\"id\":");

            run.runtime().start();
            assertThat(crictl.ids("pods", "-q")).containsExactly(goodId);
            assertThat(crictl.ids("ps", "-q")).containsExactly(container);
            assertThat(run.runtime().log())
                    .contains("event=\"record set aside\" file="
                            + record.resolveSibling("corrupt").resolve(requireNonNull(record.getFileName()))
                            + " problem=\"not a PodSandbox in JSON: ");
            assertThat(record).doesNotExist();
            assertThat(record.resolveSibling("corrupt")).isDirectoryContaining("glob:**" + badId + "*");
            crictl.removePod(goodId);
            String again = crictl.runPod(bad);
            crictl.removePod(again);
        }
    }

    private static Path record(Path root, String id) throws Exception {
        try (Stream<Path> paths = Files.walk(root)) {
            List<Path> found = paths.filter(Files::isRegularFile)
                    .filter(path -> path.endsWith(Path.of("sandboxes", id + ".json")))
                    .toList();
            assertThat(found).as("record of " + id).hasSize(1);
            return found.getFirst();
        }
    }
}
