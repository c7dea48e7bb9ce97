package io.gantry.cri.config;

import io.gantry.cri.config.ConfigSection.Refused;
import org.jspecify.annotations.Nullable;

/** Where metrics are served; null for nowhere. */
public record MetricsConfig(@Nullable HostPort address) {
    static MetricsConfig read(ConfigSection in) {
        return new MetricsConfig(in.<@Nullable HostPort>parsed(
                "address",
                "",
                "Address and port to serve them at; empty: off. This version does not serve metrics yet.",
                MetricsConfig::address));
    }

    private static @Nullable HostPort address(String value) throws Refused {
        if (!value.isEmpty()) {
            throw new Refused("must be empty: this version of Gantry does not serve metrics yet");
        }
        return null;
    }
}
