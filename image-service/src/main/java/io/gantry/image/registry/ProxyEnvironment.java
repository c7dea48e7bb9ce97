package io.gantry.image.registry;

import java.net.Authenticator;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The proxy to use for a URL, from {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY}, with the meaning that Go
 * programs give them: {@code NO_PROXY} is a list of host names (with their subdomains), {@code .domain}, addresses, CIDR
 * blocks, each with an optional port, or {@code *}; loopback hosts never use a proxy.
 */
final class ProxyEnvironment {
    private final Map<String, String> environment;
    private final Map<String, Authenticator> authenticators = new ConcurrentHashMap<>();

    ProxyEnvironment(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    /** A proxy and who answers when it, or nobody else, asks for a user name and password. */
    record Choice(Proxy proxy, Authenticator authenticator) {
        static final Choice DIRECT = new Choice(Proxy.NO_PROXY, ProxyAuthenticator.NOBODY);
    }

    /**
     * @throws IllegalArgumentException when the proxy variable is no URL of an HTTP or SOCKS proxy
     */
    Choice choose(URI target) {
        String host = target.getHost();
        boolean secure = "https".equals(target.getScheme());
        String proxy = variable(secure ? "HTTPS_PROXY" : "HTTP_PROXY");
        int port = target.getPort() >= 0 ? target.getPort() : secure ? 443 : 80;
        if (proxy.isEmpty() || host == null || Loopback.isLoopback(host) || isExempt(bare(host), port)) {
            return Choice.DIRECT;
        }
        URI uri = URI.create(proxy.contains("://") ? proxy : "http://" + proxy);
        if (uri.getHost() == null) {
            throw new IllegalArgumentException("the proxy variable is not a URL with a host");
        }
        Proxy.Type type = switch (uri.getScheme().toLowerCase(Locale.ROOT)) {
            case "http" -> Proxy.Type.HTTP;
            case "socks5", "socks5h" -> Proxy.Type.SOCKS;
            default ->
                throw new IllegalArgumentException(
                        "proxies of kind " + uri.getScheme() + " are not supported, use http or socks5");
        };
        int proxyPort = uri.getPort() >= 0 ? uri.getPort() : type == Proxy.Type.HTTP ? 80 : 1080;
        InetSocketAddress address = new InetSocketAddress(bare(uri.getHost()), proxyPort);
        return new Choice(new Proxy(type, address), authenticator(uri));
    }

    /** The same one for the same user each time: connections are reused only then. */
    private Authenticator authenticator(URI proxy) {
        String user = proxy.getUserInfo();
        return user == null
                ? ProxyAuthenticator.NOBODY
                : authenticators.computeIfAbsent(user, ProxyAuthenticator::ofUserInfo);
    }

    private String variable(String name) {
        String value = environment.getOrDefault(name, "");
        return value.isEmpty() ? environment.getOrDefault(name.toLowerCase(Locale.ROOT), "") : value;
    }

    private boolean isExempt(String host, int port) {
        for (String raw : variable("NO_PROXY").split(",", -1)) {
            String entry = raw.strip().toLowerCase(Locale.ROOT);
            if (!entry.isEmpty() && matches(entry, host.toLowerCase(Locale.ROOT), port)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(String entry, String host, int port) {
        if (entry.equals("*")) {
            return true;
        }
        int slash = entry.indexOf('/');
        if (slash > 0) {
            return inBlock(entry.substring(0, slash), entry.substring(slash + 1), host);
        }
        String name = entry;
        int colon = entry.lastIndexOf(':');
        boolean hasPort = colon > 0 && (entry.indexOf(':') == colon || entry.startsWith("["));
        if (hasPort && colon > entry.lastIndexOf(']')) {
            if (!entry.substring(colon + 1).equals(Integer.toString(port))) {
                return false;
            }
            name = entry.substring(0, colon);
        }
        name = bare(name);
        if (name.startsWith("*.")) {
            name = name.substring(1);
        }
        return name.startsWith(".") ? host.endsWith(name) : host.equals(name) || host.endsWith("." + name);
    }

    private static boolean inBlock(String network, String prefix, String host) {
        if (!isAddress(host) || !isAddress(network)) {
            return false;
        }
        try {
            byte[] a = InetAddress.getByName(network).getAddress();
            byte[] b = InetAddress.getByName(host).getAddress();
            int bits = Integer.parseInt(prefix);
            if (a.length != b.length || bits < 0 || bits > a.length * 8) {
                return false;
            }
            for (int i = 0; i < bits; i++) {
                int mask = 0x80 >> (i % 8);
                if ((a[i / 8] & mask) != (b[i / 8] & mask)) {
                    return false;
                }
            }
            return true;
        } catch (UnknownHostException | NumberFormatException _) {
            return false;
        }
    }

    private static boolean isAddress(String text) {
        return text.indexOf(':') >= 0 || text.matches("\\d{1,3}(\\.\\d{1,3}){3}");
    }

    private static String bare(String host) {
        return host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
    }
}
