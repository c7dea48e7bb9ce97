package io.gantry.cri.config;

import io.gantry.cri.config.ConfigSection.Refused;
import java.time.Duration;

/**
 * Where the streaming server listens.
 *
 * @param tlsCertFile certificate chain in PEM, empty for plain HTTP
 * @param tlsKeyFile its private key in PEM, empty for plain HTTP
 * @param idleTimeout how long nothing may be moved over a connection
 * @param creationTimeout how long a client may take to open its streams
 */
public record StreamingConfig(
        HostPort address, String tlsCertFile, String tlsKeyFile, Duration idleTimeout, Duration creationTimeout) {
    static StreamingConfig read(ConfigSection in) {
        StreamingConfig config = new StreamingConfig(
                in.parsed(
                        "address",
                        "127.0.0.1:0",
                        "Address and port; port 0: any free one. The kubelet connects from this machine.",
                        HostPort::parse),
                in.parsed(
                        "tls_cert_file",
                        "",
                        "File with a certificate chain in PEM; empty: plain HTTP. It is read again when it changes.",
                        StreamingConfig::optionalPath),
                in.parsed(
                        "tls_key_file",
                        "",
                        "File with the private key of that certificate in PEM, PKCS #8; empty: plain HTTP.",
                        StreamingConfig::optionalPath),
                in.duration(
                        "idle_timeout",
                        "4h",
                        Duration.ofSeconds(1),
                        Duration.ofDays(365),
                        "A connection over which nothing is moved for so long is closed."),
                in.duration(
                        "creation_timeout",
                        "30s",
                        Duration.ofMillis(100),
                        Duration.ofHours(1),
                        "How long a client may take to send its request, and then to open its streams."));
        if (config.tlsCertFile.isEmpty() != config.tlsKeyFile.isEmpty()) {
            in.refuse(
                    config.tlsCertFile.isEmpty() ? "tls_cert_file" : "tls_key_file",
                    "must be set, or the other of tls_cert_file and tls_key_file left out");
        }
        return config;
    }

    private static String optionalPath(String value) throws Refused {
        if (!value.isEmpty() && !value.startsWith("/")) {
            throw new Refused("must be an absolute path, not \"" + value + "\"");
        }
        return value;
    }
}
