package io.gantry.image.registry;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate authorities that the node trusts: the bundle in {@code SSL_CERT_FILE} or where the distributions keep
 * it, so that an authority an administrator added counts for Gantry too; else those that come with Java.
 */
final class SystemTrust {
    private static final Logger LOG = LoggerFactory.getLogger(SystemTrust.class);
    private static final List<String> BUNDLES = List.of(
            "/etc/ssl/certs/ca-certificates.crt",
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
            "/etc/pki/tls/certs/ca-bundle.crt",
            "/etc/ssl/ca-bundle.pem",
            "/etc/ssl/cert.pem");

    private SystemTrust() {}

    static X509ExtendedTrustManager load(Map<String, String> environment) throws GeneralSecurityException {
        String named = environment.getOrDefault("SSL_CERT_FILE", "");
        Path bundle = Stream.concat(named.isEmpty() ? Stream.of() : Stream.of(named), BUNDLES.stream())
                .map(Path::of)
                .filter(Files::isReadable)
                .findFirst()
                .orElse(null);
        if (bundle != null) {
            try {
                return of(PemFile.read(bundle).certificates());
            } catch (RuntimeException e) {
                LOG.warn("used the certificate authorities of Java: {}", e.getMessage());
            }
        }
        return manager(null);
    }

    /** A trust manager for these authorities alone. */
    static X509ExtendedTrustManager of(List<X509Certificate> authorities) throws GeneralSecurityException {
        try {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                store.setCertificateEntry("authority-" + i, authorities.get(i));
            }
            return manager(store);
        } catch (IOException e) {
            throw new GeneralSecurityException(e);
        }
    }

    private static X509ExtendedTrustManager manager(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(store);
        for (TrustManager manager : factory.getTrustManagers()) {
            if (manager instanceof X509ExtendedTrustManager extended) {
                return extended;
            }
        }
        throw new GeneralSecurityException("this Java has no X.509 trust manager");
    }
}
