package io.gantry.e2e;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.runtime.Toolbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Gantry's transcription of the CRI contract is the official one, message by message and field by field. */
class ApiDescriptorIT {

    @Test
    void theTranscribedContractIsTheOfficialOne() throws Exception {
        assumeTrue(Toolbox.find("cri-descriptor").isPresent(), "needs cri-descriptor: ./dev test builds it");
        Path program = Toolbox.require("cri-descriptor");
        Path source = transcription();
        List<String> official = Command.of(program).run().lines().toList();
        List<String> ours = Command.of(program, requireNonNull(source.getParent()), source.getFileName())
                .run()
                .lines()
                .toList();

        assertThat(official).hasSizeGreaterThan(700);
        assertThat(ours).containsExactlyElementsOf(official);
    }

    private static Path transcription() throws Exception {
        Path sources = Toolbox.checkout().resolve("cri-server/src/main");
        try (Stream<Path> paths = Files.walk(sources)) {
            List<Path> found = paths.filter(
                            path -> path.getFileName().toString().equals("api.proto"))
                    .toList();
            assertThat(found).as("api.proto under " + sources).hasSize(1);
            return found.getFirst();
        }
    }
}
