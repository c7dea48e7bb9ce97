package io.gantry.image.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.gantry.image.testing.FuzzCorpus;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** Any text as the name of an image: refused as a bad argument, or a name whose full and short forms mean the same. */
class ReferenceFuzzTests {
    private static void check(byte[] input) {
        ImageReference reference;
        try {
            reference = ImageReference.parse(new String(input, StandardCharsets.UTF_8));
        } catch (GantryException e) {
            assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
            assertThat(e.getMessage()).hasSizeLessThan(6000).doesNotContain("\n");
            return;
        }
        assertThat(reference.repository()).doesNotContain("..").doesNotStartWith("/");
        assertThat(ImageReference.parse(reference.canonical())).isEqualTo(reference);
        assertThat(ImageReference.parse(reference.familiar())).isEqualTo(reference);
    }

    @FuzzTest(maxDuration = "10m")
    void reference(byte[] input) {
        check(input);
    }

    @Test
    void damagedNames() throws Exception {
        FuzzCorpus.run(ReferenceFuzzTests.class, "reference", ReferenceFuzzTests::check);
    }
}
