package io.gantry.cri.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.v1.NetworkConfig;
import io.gantry.cri.v1.RuntimeConfig;
import io.gantry.cri.v1.UpdateRuntimeConfigRequest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkMessagesTests {
    private static UpdateRuntimeConfigRequest request(String cidr) {
        return UpdateRuntimeConfigRequest.newBuilder()
                .setRuntimeConfig(RuntimeConfig.newBuilder()
                        .setNetworkConfig(NetworkConfig.newBuilder().setPodCidr(cidr)))
                .build();
    }

    @Test
    void rangesOfOneOrBothFamilies() {
        assertThat(NetworkMessages.podCidrs(request("10.1.0.0/24"))).containsExactly("10.1.0.0/24");
        assertThat(NetworkMessages.podCidrs(request("10.1.0.0/16,fd00:10::/64")))
                .containsExactly("10.1.0.0/16", "fd00:10::/64");
        assertThat(NetworkMessages.podCidrs(request("::/0, 0.0.0.0/0"))).containsExactly("::/0", "0.0.0.0/0");
        assertThat(NetworkMessages.podCidrs(request("::ffff:10.0.0.0/104"))).hasSize(1);
    }

    @Test
    void noneAtAll() {
        assertThat(NetworkMessages.podCidrs(request(""))).isEmpty();
        assertThat(NetworkMessages.podCidrs(UpdateRuntimeConfigRequest.getDefaultInstance()))
                .isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "10.1.0.0",
                "10.1.0.0/",
                "10.1.0.0/33",
                "10.1.0.0/024",
                "10.1.0.0/-1",
                "10.1.0/24",
                "10.1.0.256/24",
                "fd00::/129",
                "fd00:::/64",
                "fe80::1%eth0/64",
                "node-1/24",
                "/24",
                "10.1.0.0/24/24",
                "\u0661\u0660.1.0.0/24"
            })
    void whatIsNoRangeIsRefused(String cidr) {
        assertThatThrownBy(() -> NetworkMessages.podCidrs(request(cidr)))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
                .hasMessage("update runtime configuration: runtime_config.network_config.pod_cidr is not like"
                        + " \"10.1.0.0/24\" or \"fd00::/64\": \"" + cidr + "\"");
    }

    @Test
    void oneBadRangeOfTwoIsRefused() {
        assertThatThrownBy(() -> NetworkMessages.podCidrs(request("10.1.0.0/24,")))
                .isInstanceOf(GantryException.class)
                .hasMessageEndingWith(": \"\"");
    }
}
