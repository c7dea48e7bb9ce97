package io.gantry.pod.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UtsImageTests {
    /** Of criu 4.1: node name podA, domain name (none). */
    private static final byte[] POD_A = HexFormat.of().parseHex("19435654033247540e0000000a04706f64411206286e6f6e6529");

    @TempDir
    private Path images;

    @Test
    void theNodeNameIsReplacedAndNothingElse() throws IOException {
        Path image = Files.write(images.resolve("utsns-12.img"), POD_A);

        UtsImage.rename(images, "another-pod", "restore");

        assertThat(Files.readAllBytes(image))
                .isEqualTo(
                        HexFormat.of().parseHex("1943565403324754150000000a0b616e6f746865722d706f641206286e6f6e6529"));
    }

    @Test
    void aDamagedImageIsRefused() throws IOException {
        for (String hex : new String[] {
            "",
            "00",
            "19435654",
            "1943565403324754ff000000",
            "19435654033247540e0000000a7f",
            "19435654033247540200000018ff"
        }) {
            Files.write(images.resolve("utsns-1.img"), HexFormat.of().parseHex(hex));
            assertThatThrownBy(() -> UtsImage.rename(images, "pod", "restore"))
                    .as(hex)
                    .isInstanceOfSatisfying(
                            GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT));
        }
    }
}
