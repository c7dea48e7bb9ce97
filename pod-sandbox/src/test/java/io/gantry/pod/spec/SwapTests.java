package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.testing.Records;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What a container may swap, as the kubelet's swap behaviours ask for it. */
class SwapTests {
    private static final HostLimits WITHOUT = Records.with(RequestFixture.HOST, "swapAccounting", false);

    private static JsonNode memory(HostLimits host, long limit, long swap) {
        LinuxResources limits = new LinuxResources(0, 0, 0, limit, 0, "", "", List.of(), Map.of(), swap);
        return new ResourceLimits(host, new RequestFixture().handler, "create container web")
                .toJson(limits)
                .path("memory");
    }

    @Test
    void aContainerWithAMemoryLimitHasNoSwapUnlessItIsGivenSome() {
        assertThat(memory(RequestFixture.HOST, 64 << 20, 0).path("swap").asLong())
                .isEqualTo(64 << 20);
        assertThat(memory(RequestFixture.HOST, 64 << 20, 64 << 20).path("swap").asLong())
                .isEqualTo(64 << 20);
    }

    @Test
    void limitedSwapIsTheSumAndUnlimitedIsMinusOne() {
        assertThat(memory(RequestFixture.HOST, 64 << 20, 96 << 20).path("swap").asLong())
                .isEqualTo(96 << 20);
        assertThat(memory(RequestFixture.HOST, 64 << 20, -1).path("swap").asLong())
                .isEqualTo(-1);
        assertThat(memory(RequestFixture.HOST, 0, 0).isMissingNode()).isTrue();
    }

    @Test
    void aNodeThatCannotLimitSwapGivesNoneAway() {
        assertThat(memory(WITHOUT, 64 << 20, 64 << 20).has("swap")).isFalse();
        assertThat(memory(WITHOUT, 64 << 20, 0).has("swap")).isFalse();
        assertThatThrownBy(() -> memory(WITHOUT, 64 << 20, 96 << 20))
                .hasMessage(
                        "create container web: swap cannot be limited on this node, so that a container cannot be given "
                                + (32 << 20)
                                + " bytes of it; boot the node with swapaccount=1, or give the pod no swap");
    }
}
