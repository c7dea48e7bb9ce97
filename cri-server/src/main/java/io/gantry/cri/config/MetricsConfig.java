package io.gantry.cri.config;

import io.gantry.cri.config.ConfigSection.Refused;
import java.util.Optional;

/** Where metrics are served; empty for nowhere. */
public record MetricsConfig(Optional<HostPort> address) {
    static MetricsConfig read(ConfigSection in) {
        return new MetricsConfig(in.parsed(
                "address",
                "",
                "Address and port to serve them at; empty: off. This version does not serve metrics yet.",
                MetricsConfig::address));
    }

    private static Optional<HostPort> address(String value) throws Refused {
        if (!value.isEmpty()) {
            throw new Refused("must be empty: this version of Gantry does not serve metrics yet");
        }
        return Optional.empty();
    }
}
