package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.pod.testing.PodBed;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checkpoints of pods that fail; needs no criu. */
class CheckpointPodTests {
    @TempDir
    private Path directory;

    @Test
    void whatCannotBeDeletedDoesNotHideWhyItFailed() throws Exception {
        try (PodBed bed = PodBed.create()) {
            String pod = bed.run("first");
            String container = bed.start(pod, "main", "sleep 1000");
            bed.runWith(new WithoutCriu(directory.resolve("in/the/way")));

            assertThatThrownBy(() -> bed.pods().sandboxes().checkpoint(pod, directory.toString(), List.of(container)))
                    .hasMessageContaining("criu")
                    .satisfies(e -> assertThat(e.getSuppressed())
                            .singleElement()
                            .satisfies(left -> assertThat(left).hasMessageContaining("delete what was written")));
        }
    }

    /** A criu that does not work, on a node where somebody else writes to the directory meanwhile. */
    private record WithoutCriu(Path made) implements ProcessRunner {
        @Override
        public RunningProcess start(Command command) {
            if (!command.argv().getFirst().endsWith("criu")) {
                return SpawnProcessRunner.shared().start(command);
            }
            try {
                Files.createDirectories(made);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return SpawnProcessRunner.shared().start(Command.of("false"));
        }
    }
}
