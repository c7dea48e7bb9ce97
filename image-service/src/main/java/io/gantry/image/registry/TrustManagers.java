package io.gantry.image.registry;

import java.net.Socket;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/** The two ways to trust a registry that Java does not have: either of two sets of authorities, and anybody. */
final class TrustManagers {
    private TrustManagers() {}

    /** Trusts what one of the given managers trusts; the last one's verdict is reported. */
    static X509ExtendedTrustManager anyOf(List<X509ExtendedTrustManager> managers) {
        return new AnyOf(List.copyOf(managers));
    }

    /** Trusts every server: {@code skip_verify}. */
    static X509ExtendedTrustManager everything() {
        return new AnyOf(List.of());
    }

    /** Whether a certificate is refused because nobody who is trusted has signed it. */
    static boolean isUnknownAuthority(CertificateException e) {
        return e.getCause() instanceof CertPathBuilderException;
    }

    private interface Check {
        void by(X509ExtendedTrustManager manager) throws CertificateException;
    }

    private static final class AnyOf extends X509ExtendedTrustManager {
        private final List<X509ExtendedTrustManager> managers;

        AnyOf(List<X509ExtendedTrustManager> managers) {
            this.managers = managers;
        }

        private void check(Check check) throws CertificateException {
            CertificateException told = null;
            for (X509ExtendedTrustManager manager : managers) {
                try {
                    check.by(manager);
                    return;
                } catch (CertificateException e) {
                    // Whoever knows the authority says what is wrong with the certificate; the others only do not know
                    // it.
                    told = told == null || isUnknownAuthority(told) ? e : told;
                }
            }
            if (told != null) {
                throw told;
            }
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
            check(manager -> manager.checkServerTrusted(chain, type));
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            check(manager -> manager.checkServerTrusted(chain, type, socket));
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            check(manager -> manager.checkServerTrusted(chain, type, engine));
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
            throw new CertificateException("a registry client has no clients");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
                throws CertificateException {
            throw new CertificateException("a registry client has no clients");
        }

        @Override
        public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
                throws CertificateException {
            throw new CertificateException("a registry client has no clients");
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return managers.stream()
                    .flatMap(manager -> List.of(manager.getAcceptedIssuers()).stream())
                    .toArray(X509Certificate[]::new);
        }
    }
}
