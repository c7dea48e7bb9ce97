package io.gantry.cri.streaming.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TerminalSizesTests {
    private final List<String> sizes = new ArrayList<>();
    private final TerminalSizes reader = new TerminalSizes((width, height) -> sizes.add(width + "x" + height));

    private void read(String text) {
        reader.read(Unpooled.copiedBuffer(text, StandardCharsets.UTF_8));
    }

    @Test
    void sizesMayComeInPiecesAndTogether() {
        read("{\"Width\":80,");
        read("\"Height\":24}\n{\"Width\":1,\"Height\":2}{\"width\":3,\"height\":4}");

        assertThat(sizes).containsExactly("80x24", "1x2", "3x4");
    }

    @Test
    void whatIsNoSizeIsSkipped() {
        read(
                "rubbish}{}{\"Width\":\"80\",\"Height\":24}{\"Width\":99999999999,\"Height\":24}{\"Width\":-1,\"Height\":24}");
        read("x".repeat(5000));
        read("{\"Width\":5,\"Height\":6}");

        assertThat(sizes).containsExactly("5x6");
    }
}
