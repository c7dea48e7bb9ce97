package io.gantry.image.extract;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.gantry.image.testing.FuzzCorpus;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.testing.Privileges;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Any bytes at all as a layer: unpacked inside the root, or refused by an error of the kind that means bad content. */
class TarFuzzTests {
    private ExtractionFixture layer;

    @BeforeEach
    void setUp() {
        Privileges.assumeRoot();
        layer = new ExtractionFixture();
    }

    @AfterEach
    void tearDown() {
        if (layer != null) {
            layer.close();
        }
    }

    private void check(byte[] input) throws InterruptedException {
        try {
            layer.extract(input, 700, new ExtractionLimits(1 << 20, 1000));
        } catch (IOException | ErrnoException _) {
            // refused
        }
        assertThat(layer.isOutsideUntouched()).isTrue();
        layer.clear();
    }

    @FuzzTest(maxDuration = "10m")
    void tar(byte[] input) throws InterruptedException {
        check(input);
    }

    @Test
    void damagedArchives() throws Exception {
        FuzzCorpus.run(TarFuzzTests.class, "tar", this::check);
    }
}
