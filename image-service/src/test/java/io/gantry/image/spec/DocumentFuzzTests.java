package io.gantry.image.spec;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.gantry.image.testing.FuzzCorpus;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import org.junit.jupiter.api.Test;

/** Any bytes at all as a manifest, an index or a config: read, or refused as damaged. */
class DocumentFuzzTests {
    private static void refusedOrRead(Runnable read) {
        try {
            read.run();
        } catch (GantryException e) {
            assertThat(e.kind()).isIn(ErrorKind.DATA_LOSS, ErrorKind.UNIMPLEMENTED);
            assertThat(e.getMessage()).hasSizeLessThan(2000).doesNotContain("\n");
        }
    }

    private static void checkManifest(byte[] input) {
        refusedOrRead(() -> ImageManifest.parse(input, "manifest of a test"));
        refusedOrRead(() -> ImageIndex.parse(input, "index of a test"));
        refusedOrRead(() -> DocumentLimits.mediaTypeOf(input, "manifest of a test"));
    }

    private static void checkConfig(byte[] input) {
        refusedOrRead(() -> ImageConfigFile.parse(input, "config of a test"));
    }

    @FuzzTest(maxDuration = "10m")
    void manifest(byte[] input) {
        checkManifest(input);
    }

    @FuzzTest(maxDuration = "10m")
    void config(byte[] input) {
        checkConfig(input);
    }

    @Test
    void damagedManifests() throws Exception {
        FuzzCorpus.run(DocumentFuzzTests.class, "manifest", DocumentFuzzTests::checkManifest);
    }

    @Test
    void damagedConfigs() throws Exception {
        FuzzCorpus.run(DocumentFuzzTests.class, "config", DocumentFuzzTests::checkConfig);
    }
}
