package io.gantry.cri.streaming;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How the streaming server listens and how long it waits.
 *
 * @param host IP address to listen on
 * @param port 0 for any free one
 * @param certificate chain in PEM, null for plain HTTP
 * @param key its private key in PEM (PKCS #8), null for plain HTTP
 * @param idleTimeout a connection over which nothing was moved for so long is closed
 * @param creationTimeout how long a client may take to send its request, and then to open its streams
 * @param urlLifetime how long a URL can be used
 */
public record StreamingOptions(
        String host,
        int port,
        @Nullable Path certificate,
        @Nullable Path key,
        Duration idleTimeout,
        Duration creationTimeout,
        Duration urlLifetime) {
    public static final Duration IDLE_TIMEOUT = Duration.ofHours(4);
    public static final Duration CREATION_TIMEOUT = Duration.ofSeconds(30);
    public static final Duration URL_LIFETIME = Duration.ofMinutes(1);

    public StreamingOptions {
        if ((certificate == null) != (key == null)) {
            throw new IllegalArgumentException("a certificate needs a key, and a key a certificate");
        }
    }

    /** Plain HTTP with the usual times. */
    public static StreamingOptions of(String host, int port) {
        return new StreamingOptions(host, port, null, null, IDLE_TIMEOUT, CREATION_TIMEOUT, URL_LIFETIME);
    }

    /** The same over TLS. */
    public StreamingOptions withTls(Path newCertificate, Path newKey) {
        return new StreamingOptions(host, port, newCertificate, newKey, idleTimeout, creationTimeout, urlLifetime);
    }

    /** The same with other times. */
    public StreamingOptions withTimeouts(Duration newIdle, Duration newCreation) {
        return new StreamingOptions(host, port, certificate, key, newIdle, newCreation, urlLifetime);
    }
}
