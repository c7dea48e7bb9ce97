package io.gantry.image.registry;

import java.time.Duration;
import java.util.Map;

/**
 * How patient a {@link RegistryClient} is.
 *
 * @param dialTimeout to connect, where hosts.toml says nothing else
 * @param progressTimeout longest time without a byte on an open connection
 * @param attempts how often an endpoint is tried without any progress, at least 1
 * @param firstBackoff pause after the first failed round, doubled each time, with jitter
 * @param maxBackoff longest pause, also when a server's Retry-After asks for more
 * @param environment where {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY} (or in lower case) are looked up
 * @param userAgent what the client calls itself
 */
public record RegistryClientConfig(
        Duration dialTimeout,
        Duration progressTimeout,
        int attempts,
        Duration firstBackoff,
        Duration maxBackoff,
        Map<String, String> environment,
        String userAgent) {
    public RegistryClientConfig {
        if (attempts < 1) {
            throw new IllegalArgumentException("attempts is below 1: " + attempts);
        }
        environment = Map.copyOf(environment);
    }

    /** 30 s to connect, 60 s without a byte, 5 attempts, pauses from 250 ms to 60 s, proxies of this process. */
    public static RegistryClientConfig defaults() {
        return new RegistryClientConfig(
                Duration.ofSeconds(30),
                Duration.ofSeconds(60),
                5,
                Duration.ofMillis(250),
                Duration.ofSeconds(60),
                System.getenv(),
                "gantry");
    }

    /** The same with another time without a byte. */
    public RegistryClientConfig withProgressTimeout(Duration timeout) {
        return new RegistryClientConfig(
                dialTimeout, timeout, attempts, firstBackoff, maxBackoff, environment, userAgent);
    }
}
