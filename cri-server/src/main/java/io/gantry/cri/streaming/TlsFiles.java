package io.gantry.cri.streaming;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A certificate and its key in files. They are read again, at the next connection, when one of the files has changed; what
 * cannot be read then leaves the certificate before it in use. On one thread.
 */
final class TlsFiles {
    private static final Logger log = LoggerFactory.getLogger(TlsFiles.class);

    private record Stamp(Object key, long modified, long size) {}

    private final Path certificate;
    private final Path key;
    private SslContext context;
    private List<Stamp> stamps;

    private TlsFiles(Path certificate, Path key, SslContext context, List<Stamp> stamps) {
        this.certificate = certificate;
        this.key = key;
        this.context = context;
        this.stamps = stamps;
    }

    /**
     * Reads both files.
     *
     * @throws GantryException INVALID_ARGUMENT when they cannot be read or do not belong together
     */
    static TlsFiles read(Path certificate, Path key) {
        try {
            List<Stamp> stamps = stamps(certificate, key);
            return new TlsFiles(certificate, key, load(certificate, key), stamps);
        } catch (IOException | IllegalArgumentException e) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            "read TLS certificate " + certificate + " and key " + key,
                            String.valueOf(e.getMessage()))
                    .withRemedy("both must be in PEM, the key as PKCS #8, and the key must be the certificate's")
                    .causedBy(e);
        }
    }

    private static SslContext load(Path certificate, Path key) throws IOException {
        return SslContextBuilder.forServer(certificate.toFile(), key.toFile())
                .sslProvider(SslProvider.JDK)
                .protocols("TLSv1.3", "TLSv1.2")
                .build();
    }

    private static List<Stamp> stamps(Path certificate, Path key) throws IOException {
        return List.of(stamp(certificate), stamp(key));
    }

    private static Stamp stamp(Path file) throws IOException {
        BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
        Object fileKey = attributes.fileKey();
        return new Stamp(
                fileKey == null ? file : fileKey, attributes.lastModifiedTime().toMillis(), attributes.size());
    }

    /** For the next connection. */
    SslContext current() {
        try {
            List<Stamp> now = stamps(certificate, key);
            if (!now.equals(stamps)) {
                stamps = now;
                context = load(certificate, key);
                log.info("TLS certificate read again: file={}", certificate);
            }
        } catch (IOException | IllegalArgumentException e) {
            log.warn("TLS certificate stays as it was: file={} error=\"{}\"", certificate, e.toString());
        }
        return context;
    }
}
