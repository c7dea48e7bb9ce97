package io.gantry.image.registry;

import java.io.IOException;
import java.io.OutputStream;
import java.net.HttpURLConnection;
import java.net.ProtocolException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import javax.net.ssl.HttpsURLConnection;

/**
 * Sends requests over {@link HttpURLConnection} and follows redirects itself: to another host nothing is sent that was
 * meant for the first one, neither credentials nor configured headers.
 */
final class HttpTransport {
    private static final int MAX_REDIRECTS = 10;

    static {
        ProxyAuthenticator.allowBasicForTunnels();
    }

    private final RegistryClientConfig config;
    private final TlsContexts tls;
    private final ProxyEnvironment proxies;

    HttpTransport(RegistryClientConfig config) {
        this.config = config;
        this.tls = new TlsContexts(config.environment());
        this.proxies = new ProxyEnvironment(config.environment());
    }

    /**
     * Sends a request with the settings of an endpoint and returns when the head of the reply is there.
     *
     * @throws EndpointException when there is none; the caller was not interrupted
     */
    HttpReply send(Endpoint endpoint, HttpCall call) throws EndpointException, InterruptedException {
        Duration dial = dialTimeout(endpoint);
        try {
            return VirtualCall.within(
                    dial.plus(config.progressTimeout()), "registry-request", () -> follow(endpoint, call));
        } catch (IOException e) {
            throw NetworkErrors.wrap(endpoint, call.uri(), config.progressTimeout(), e);
        }
    }

    private HttpReply follow(Endpoint endpoint, HttpCall call) throws IOException {
        URI target = call.uri();
        boolean elsewhere = false;
        for (int hops = 0; hops <= MAX_REDIRECTS; hops++) {
            HttpReply reply;
            try {
                reply = exchange(endpoint, call, target, elsewhere);
            } catch (IOException e) {
                throw NetworkErrors.wrap(endpoint, target, config.progressTimeout(), e);
            }
            if (!isRedirect(reply.status()) || call.form() != null) {
                return reply;
            }
            String location = reply.header("Location");
            reply.finish();
            URI next = resolve(endpoint, target, location);
            elsewhere = elsewhere || !sameOrigin(call.uri(), next);
            target = next;
        }
        throw new EndpointException(
                Failure.of(endpoint, Failure.Cause.REFUSED, "it redirected more than " + MAX_REDIRECTS + " times"));
    }

    private HttpReply exchange(Endpoint endpoint, HttpCall call, URI target, boolean elsewhere) throws IOException {
        ProxyEnvironment.Choice proxy;
        try {
            proxy = proxies.choose(target);
        } catch (IllegalArgumentException e) {
            throw new EndpointException(
                    Failure.of(endpoint, Failure.Cause.MISCONFIGURED, "proxy from the environment: " + e.getMessage()),
                    e);
        }
        HttpURLConnection connection = (HttpURLConnection) target.toURL().openConnection(proxy.proxy());
        if (connection instanceof HttpsURLConnection secure) {
            secure.setSSLSocketFactory(tls.factory(endpoint.tls()));
            if (endpoint.tls().skipVerify()) {
                secure.setHostnameVerifier((_, _) -> true);
            }
        }
        connection.setConnectTimeout(millis(dialTimeout(endpoint)));
        connection.setReadTimeout(millis(config.progressTimeout()));
        connection.setInstanceFollowRedirects(false);
        connection.setUseCaches(false);
        connection.setAuthenticator(proxy.authenticator());
        connection.setRequestProperty("User-Agent", config.userAgent());
        connection.setRequestProperty("Accept-Encoding", "identity");
        connection.setRequestProperty("Accept", "*/*");
        addHeaders(connection, endpoint, call, elsewhere);
        return new HttpReply(connection, target, elsewhere, status(connection, call));
    }

    /** Sends the request and reads the status line. */
    private static int status(HttpURLConnection connection, HttpCall call) throws IOException {
        try {
            if (call.form() != null) {
                post(connection, call.form());
            }
            int status = connection.getResponseCode();
            if (status < 0) {
                throw new ProtocolException("it does not speak HTTP");
            }
            return status;
        } catch (IOException | RuntimeException e) {
            // Java by itself leaves the socket of a TLS handshake that timed out to the garbage collector.
            connection.disconnect();
            throw e;
        }
    }

    private static void addHeaders(HttpURLConnection connection, Endpoint endpoint, HttpCall call, boolean elsewhere) {
        boolean ownHost = !elsewhere && sameOrigin(endpoint.base(), call.uri());
        if (ownHost) {
            for (Map.Entry<String, List<String>> header : endpoint.headers().entrySet()) {
                connection.setRequestProperty(header.getKey(), String.join(", ", header.getValue()));
            }
        }
        call.headers().forEach((name, value) -> {
            if (!elsewhere || !name.equals("Authorization")) {
                connection.setRequestProperty(name, value);
            }
        });
    }

    private static void post(HttpURLConnection connection, String form) throws IOException {
        connection.setRequestMethod("POST");
        connection.setDoOutput(true);
        connection.setRequestProperty("Content-Type", "application/x-www-form-urlencoded");
        try (OutputStream out = connection.getOutputStream()) {
            out.write(form.getBytes(StandardCharsets.UTF_8));
        }
    }

    private static URI resolve(Endpoint endpoint, URI from, String location) throws EndpointException {
        try {
            URI next = from.resolve(new URI(location));
            boolean http = "http".equals(next.getScheme()) || "https".equals(next.getScheme());
            if (!location.isEmpty() && http && next.getHost() != null && next.getRawUserInfo() == null) {
                return next;
            }
        } catch (URISyntaxException _) {
            // Said below.
        }
        throw new EndpointException(
                Failure.of(endpoint, Failure.Cause.REFUSED, "it redirected to something that is no http or https URL"));
    }

    static boolean sameOrigin(URI a, URI b) {
        return a.getScheme().equals(b.getScheme()) && a.getHost().equalsIgnoreCase(b.getHost()) && port(a) == port(b);
    }

    private static int port(URI uri) {
        return uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
    }

    private static boolean isRedirect(int status) {
        return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
    }

    private Duration dialTimeout(Endpoint endpoint) {
        return endpoint.dialTimeout() == null ? config.dialTimeout() : endpoint.dialTimeout();
    }

    private static int millis(Duration duration) {
        return (int) Math.clamp(duration.toMillis(), 1, Integer.MAX_VALUE);
    }
}
