package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SysctlFileTests {
    /** Lines are read with a buffer, which is another way to the whole number. */
    @Test
    void numbersAreWhole() throws Exception {
        Path file = Path.of("/proc/sys/fs/nr_open");

        assertThat(SysctlFile.number(file))
                .hasToString(Files.readAllLines(file).getFirst())
                .isGreaterThan(1000);
    }

    @Test
    void textsAreWhole() throws Exception {
        assertThat(SysctlFile.text(Path.of("/proc/sys/kernel/random/boot_id"))).hasSize(36);
        assertThatThrownBy(() -> SysctlFile.text(Path.of("/proc/sys/no/such/key")))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> SysctlFile.number(Path.of("/proc/sys/kernel/random/boot_id")))
                .isInstanceOf(NumberFormatException.class);
    }
}
