package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Checkpoints with crun: distributions build it with criu or without. */
class CheckpointCrunIT {
    /** Where systemd mounts the v2 hierarchy beside those of v1; crun does not run on such a host unless that is away. */
    private static final Path UNIFIED = Path.of("/sys/fs/cgroup/unified");

    private CheckpointBed bed;
    private String version = "";

    @BeforeEach
    void start() throws Exception {
        try {
            version = Command.of("crun", "--version").run();
        } catch (IOException e) {
            assumeTrue(false, "needs crun: ./dev test installs it");
        }
        bed = CheckpointBed.start();
        if (Files.isDirectory(UNIFIED)) {
            bed.run.runtime().stop();
            bed.run
                    .runtime()
                    .wrapIn(List.of("unshare", "-m", "sh", "-c", "umount " + UNIFIED + " && exec \"$0\" \"$@\""));
            bed.run.runtime().start();
        }
    }

    @AfterEach
    void close() throws Exception {
        if (bed != null) {
            try {
                bed.removeAll();
            } finally {
                bed.close();
            }
        }
    }

    private String pod(String name) throws Exception {
        ObjectNode config = bed.crictl.pod(name);
        Files.createDirectories(Path.of(config.get("log_directory").stringValue()));
        return bed.crictl.run("runp", "--runtime", "crun", bed.crictl.file(config));
    }

    @Test
    void aCrunThatWasBuiltWithoutCriuIsRefused() throws Exception {
        assumeTrue(!version.contains("+CRIU"), "needs a crun without +CRIU in its version");
        String container = bed.count(pod("crun"), "crun", bed.counter("main", ""));
        Path directory = bed.directory("crun");

        Refusal refusal = bed.cri.refused(
                "CheckpointContainer",
                CheckpointBed.checkpointRequest(container, directory.resolve("main.tar")),
                new Replacements());

        assertThat(refusal)
                .isEqualTo(new Refusal(
                        "FailedPrecondition",
                        "checkpoint container ID: runtime handler crun ("
                                + version.lines().findFirst().orElse("")
                                + ") was built without checkpoint support; use a runc, or a crun with +CRIU in its version,"
                                + " that has it"));
        assertThat(directory).isEmptyDirectory();
        bed.assertCounts(container);
    }

    @Test
    void aCrunThatWasBuiltWithCriuWritesAndRestores() throws Exception {
        assumeTrue(
                version.contains("+CRIU"), "needs a crun with +CRIU in its version, which that of Debian 12 has not");
        String container = bed.count(pod("crun"), "crun", bed.counter("main", "echo kept >/changed; "));
        Path archive = bed.directory("crun").resolve("main.tar");

        bed.checkpoint(container, archive);

        int dumped = bed.last(container);
        bed.assertCounts(container);
        String restored = bed.create(pod("again"), "again", bed.restoring("main", archive));
        bed.crictl.run("start", restored);
        bed.awaitCount(restored, 4);
        bed.assertCounts(restored);
        assertThat(bed.counts(restored).getFirst()).isBetween(4, dumped + 1);
        assertThat(bed.in(restored, "cat /changed; hostname")).isEqualTo("kept\nagain");
        bed.crictl.run("stop", "--timeout", "0", restored);
        assertThat(bed.crictl.inspect(restored).get("exitCode").intValue()).isEqualTo(137);
    }
}
