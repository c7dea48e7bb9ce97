package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ResidentPagesTests {
    @Test
    void findsLargeReadOnlyMappingsOfFilesAlone() {
        List<ResidentPages.Mapping> mappings = ResidentPages.parse(List.of(
                "7f0000000000-7f0000800000 r--p 00000000 fe:00 1234                       /usr/lib/gantry/lib/gantry.aot",
                "Anonymous:             0 kB",
                "7f0001000000-7f0001800000 r-xp 00000000 fe:00 1235                       /usr/lib/gantry/runtime/lib/libjvm.so",
                "Anonymous:             0 kB",
                "7f0002000000-7f0002800000 rw-p 00000000 fe:00 1234                       /usr/lib/gantry/lib/gantry.aot",
                "Anonymous:             0 kB",
                "7f0003000000-7f0003800000 r--s 00000000 fe:00 1236                       /usr/lib/gantry/lib/shared",
                "Anonymous:             0 kB",
                "7f0004000000-7f0004800000 r--p 00000000 00:00 0",
                "Anonymous:             0 kB",
                "7f0006000000-7f0006800000 r--p 00000000 fe:00 1238                       /usr/lib/relocated.so",
                "Anonymous:             4 kB",
                "7f0005000000-7f0005001000 r--p 00000000 fe:00 1237                       /usr/lib/libc.so.6",
                "Anonymous:             0 kB"));

        assertThat(mappings)
                .extracting(ResidentPages.Mapping::address)
                .containsExactly(0x7f0000000000L, 0x7f0001000000L);
        assertThat(mappings).extracting(ResidentPages.Mapping::length).containsOnly(0x800000L);
    }

    @Test
    void theProgramGoesOnAfterItsPagesWereLetGo() {
        assertThat(ResidentPages.dropCleanFilePages(JnaSyscalls.instance())).isPositive();
        assertThat(String.join(",", List.of("still", "here"))).isEqualTo("still,here");
    }
}
