package io.gantry.image.registry;

import java.net.Authenticator;
import java.net.PasswordAuthentication;
import org.jspecify.annotations.Nullable;

/**
 * Answers a proxy's request for authentication. A Proxy-Authorization header set on the request would reach the registry
 * too, inside the tunnel; this way Java sends it to the proxy alone.
 */
final class ProxyAuthenticator extends Authenticator {
    /** Answers nobody, so that challenges of registries come back to the caller. */
    static final Authenticator NOBODY = new Authenticator() {};

    private static final String DISABLED_SCHEMES = "jdk.http.auth.tunneling.disabledSchemes";

    private final String user;
    private final String password;

    private ProxyAuthenticator(String user, String password) {
        this.user = user;
        this.password = password;
    }

    /**
     * Java by itself does not show a proxy a user name and password before a TLS tunnel. This allows it unless the
     * administrator has decided; it has to run before the first connection of the process.
     */
    static void allowBasicForTunnels() {
        if (System.getProperty(DISABLED_SCHEMES) == null) {
            System.setProperty(DISABLED_SCHEMES, "");
        }
    }

    /** From the part of a URL before the at sign, decoded: {@code user:password}. */
    static Authenticator ofUserInfo(String userInfo) {
        int colon = userInfo.indexOf(':');
        return colon < 0
                ? new ProxyAuthenticator(userInfo, "")
                : new ProxyAuthenticator(userInfo.substring(0, colon), userInfo.substring(colon + 1));
    }

    @Override
    protected @Nullable PasswordAuthentication getPasswordAuthentication() {
        return getRequestorType() == RequestorType.PROXY
                ? new PasswordAuthentication(user, password.toCharArray())
                : null;
    }
}
