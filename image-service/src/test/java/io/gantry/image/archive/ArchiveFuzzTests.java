package io.gantry.image.archive;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.gantry.image.testing.FuzzCorpus;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.TestDirectories;
import java.io.ByteArrayInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Any bytes at all as an archive of images: listed, or refused. */
class ArchiveFuzzTests {
    private final TestDirectories directories = TestDirectories.create();

    @AfterEach
    void close() {
        directories.close();
    }

    private void check(byte[] input) throws InterruptedException {
        try (ArchiveImages images =
                ArchiveImages.receive(new ByteArrayInputStream(input), "a test", directories.root(), 1 << 20)) {
            for (ArchiveImages.Found found : images.list()) {
                assertThat(found.source().resolve()).isNotNull();
            }
        } catch (GantryException e) {
            assertThat(e.kind())
                    .isIn(
                            ErrorKind.DATA_LOSS,
                            ErrorKind.NOT_FOUND,
                            ErrorKind.INVALID_ARGUMENT,
                            ErrorKind.UNIMPLEMENTED);
        }
        assertThat(directories.root()).isEmptyDirectory();
    }

    @FuzzTest(maxDuration = "10m")
    void archive(byte[] input) throws InterruptedException {
        check(input);
    }

    @Test
    void damagedArchives() throws Exception {
        FuzzCorpus.run(ArchiveFuzzTests.class, "archive", this::check);
    }
}
