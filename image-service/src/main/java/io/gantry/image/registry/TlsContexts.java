package io.gantry.image.registry;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * TLS socket factories by settings. The same factory comes back as long as the files have the same content, so that
 * connections and TLS sessions are reused; a changed file counts from the next request.
 */
final class TlsContexts {
    private static final int MAX_CACHED = 64;

    private final Map<String, String> environment;
    private final Map<Key, SSLSocketFactory> factories = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, SSLSocketFactory> eldest) {
            return size() > MAX_CACHED;
        }
    };
    private @Nullable X509ExtendedTrustManager systemTrust;

    TlsContexts(Map<String, String> environment) {
        this.environment = environment;
    }

    private record Key(TlsSettings settings, int contents) {}

    /**
     * @throws GantryException FAILED_PRECONDITION naming the file, when a certificate or key cannot be used
     */
    synchronized SSLSocketFactory factory(TlsSettings settings) {
        List<PemFile> authorities =
                settings.authorities().stream().map(PemFile::read).toList();
        List<PemFile> clients = settings.clients().stream()
                .flatMap(pair -> List.of(PemFile.read(pair.certificate()), PemFile.read(pair.key())).stream())
                .toList();
        int contents = contents(authorities) * 31 + contents(clients);
        Key key = new Key(settings, contents);
        SSLSocketFactory known = factories.get(key);
        if (known == null) {
            known = create(settings, authorities, clients);
            factories.put(key, known);
        }
        return known;
    }

    private static int contents(List<PemFile> files) {
        return files.stream().map(PemFile::text).toList().hashCode();
    }

    private SSLSocketFactory create(TlsSettings settings, List<PemFile> authorities, List<PemFile> clients) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(keyManagers(clients), new TrustManager[] {trust(settings.skipVerify(), authorities)}, null);
            return context.getSocketFactory();
        } catch (GeneralSecurityException | IOException e) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION,
                            "set up TLS with " + settings,
                            String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
    }

    private X509ExtendedTrustManager trust(boolean skipVerify, List<PemFile> authorities)
            throws GeneralSecurityException {
        if (skipVerify) {
            return TrustManagers.everything();
        }
        List<X509ExtendedTrustManager> managers = new ArrayList<>();
        if (!authorities.isEmpty()) {
            managers.add(SystemTrust.of(authorities.stream()
                    .flatMap(file -> file.certificates().stream())
                    .toList()));
        }
        if (systemTrust == null) {
            systemTrust = SystemTrust.load(environment);
        }
        managers.add(systemTrust);
        return TrustManagers.anyOf(managers);
    }

    private static KeyManager @Nullable [] keyManagers(List<PemFile> clients)
            throws GeneralSecurityException, IOException {
        if (clients.isEmpty()) {
            return null;
        }
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        char[] noPassword = new char[0];
        for (int i = 0; i < clients.size(); i += 2) {
            store.setKeyEntry(
                    "client-" + i,
                    clients.get(i + 1).privateKey(),
                    noPassword,
                    clients.get(i).certificates().toArray(Certificate[]::new));
        }
        KeyManagerFactory factory = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        factory.init(store, noPassword);
        return factory.getKeyManagers();
    }
}
