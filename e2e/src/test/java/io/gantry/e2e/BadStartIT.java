package io.gantry.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.runtime.NodeContents;
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
            assertThat(run.runtime().log().lines().filter(line -> line.contains("event=\"record set aside\"")))
                    .singleElement()
                    .asString()
                    .endsWith("event=\"record set aside\" file="
                            + record.resolveSibling("corrupt").resolve(requireNonNull(record.getFileName()))
                            + " problem=\"not a PodSandbox in JSON: Unexpected end-of-input within/between Object"
                            + " entries\" remedy=\"what it described"
                            + " is cleaned up; look at the file, then remove it\"");
            assertThat(record).doesNotExist();
            assertThat(record.resolveSibling("corrupt")).isDirectoryContaining("glob:**" + badId + "*");
            crictl.removePod(goodId);
            assertNothingIsLeftOf(badId, run);
            String again = crictl.runPod(bad);
            crictl.removePod(again);
        }
    }

    /** What the record described is cleaned up behind the start. */
    private static void assertNothingIsLeftOf(String id, CriRun run) throws Exception {
        NodeContents contents = new NodeContents(run.runtime().node());
        for (int i = 0;
                i < 200
                        && !(contents.leases().isEmpty()
                                && pausesOf(id, contents).isEmpty());
                i++) {
            Thread.sleep(100);
        }
        assertThat(pausesOf(id, contents)).as("its pause process").isEmpty();
        assertThat(contents.leases()).as("address leases").isEmpty();
        assertThat(contents.bridgePorts()).as("ports of the bridge").isEmpty();
        assertThat(contents.rules()).as("iptables rules").isEmpty();
        assertThat(contents.mounts()).as("mounts").noneMatch(mount -> mount.contains(id));
        assertThat(contents.cgroups().stream().map(Path::toString))
                .as("cgroups")
                .noneMatch(path -> path.contains(id));
    }

    private static List<String> pausesOf(String id, NodeContents contents) throws Exception {
        return contents.processes().stream()
                .map(NodeContents::commandLine)
                .filter(line -> line.contains("gantry-pause"))
                .filter(line -> line.contains(id) || line.contains("--hostname corrupt"))
                .toList();
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
