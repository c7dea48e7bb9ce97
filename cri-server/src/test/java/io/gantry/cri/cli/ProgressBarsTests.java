package io.gantry.cri.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.image.progress.LayerProgress;
import io.gantry.image.progress.LayerProgress.State;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class ProgressBarsTests {
    private final StringWriter out = new StringWriter();
    private long now;
    private final ProgressBars bars = new ProgressBars(new PrintWriter(out), () -> now);

    private static LayerProgress layer(String id, long size, long received, State state) {
        return new LayerProgress("sha256:" + id.repeat(64), size, received, state);
    }

    private String draw(LayerProgress... layers) {
        out.getBuffer().setLength(0);
        bars.draw(List.of(layers));
        return out.toString();
    }

    @Test
    void sizeRateAndRestOfEachLayer() {
        assertThat(draw(layer("a", 100_000_000, 0, State.PULLING), layer("b", 5000, 0, State.WAITING)))
                .isEqualTo("\r\033[Kaaaaaaaaaaaaa  [>                       ]       0 B of 100.0 MB  0 B/s\n"
                        + "\r\033[Kbbbbbbbbbbbbb  waiting      5.0 kB\n");
        now = 1_000_000_000;
        assertThat(draw(layer("a", 100_000_000, 50_000_000, State.PULLING), layer("b", 5000, 5000, State.RECEIVED)))
                .startsWith("\033[2A")
                .contains("[============>           ]   50.0 MB of 100.0 MB  50.0 MB/s  1s left\n")
                .contains("bbbbbbbbbbbbb  complete     5.0 kB\n");
    }

    @Test
    void nothingIsKnownAtFirst() {
        assertThat(draw()).isEmpty();
        assertThat(draw(layer("a", 0, 0, State.PULLING))).contains("[========================]");
    }
}
