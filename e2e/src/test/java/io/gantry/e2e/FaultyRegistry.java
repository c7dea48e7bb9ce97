package io.gantry.e2e;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * A registry that does wrong: {@code wrong/digest:1} serves another layer than its manifest names, and every
 * {@code private/} repository answers 401.
 */
final class FaultyRegistry implements AutoCloseable {
    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final byte[] CONFIG = bytes("""
            {"architecture":"amd64","os":"linux","config":{},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]}}""".formatted("0".repeat(64)));
    private static final byte[] PROMISED = bytes("the layer that the manifest promises");
    private static final byte[] SERVED = bytes("the layer that is served in its place");

    private final HttpServer server;

    private FaultyRegistry(HttpServer server) {
        this.server = server;
    }

    static FaultyRegistry start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v2/", FaultyRegistry::answer);
        server.start();
        return new FaultyRegistry(server);
    }

    String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** Digest of the layer that is never served. */
    static String promisedDigest() {
        return digest(PROMISED);
    }

    /** Digest of the layer that is served in its place. */
    static String servedDigest() {
        return digest(SERVED);
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private static void answer(HttpExchange exchange) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            if (path.startsWith("/v2/private/")) {
                exchange.getResponseHeaders().add("WWW-Authenticate", "Basic realm=\"private\"");
                send(exchange, 401, "application/json", bytes("{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}"));
            } else if (path.startsWith("/v2/wrong/digest/manifests/")) {
                send(exchange, 200, MANIFEST, manifest());
            } else if (path.equals("/v2/wrong/digest/blobs/" + digest(CONFIG))) {
                send(exchange, 200, "application/octet-stream", CONFIG);
            } else if (path.equals("/v2/wrong/digest/blobs/" + promisedDigest())) {
                send(exchange, 200, "application/octet-stream", SERVED);
            } else if (path.equals("/v2/")) {
                send(exchange, 200, "application/json", bytes("{}"));
            } else {
                send(exchange, 404, "application/json", bytes("{\"errors\":[{\"code\":\"NAME_UNKNOWN\"}]}"));
            }
        }
    }

    private static byte[] manifest() {
        return bytes("""
                {"schemaVersion":2,"mediaType":"%s",\
                "config":{"mediaType":"application/vnd.oci.image.config.v1+json","digest":"%s","size":%d},\
                "layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"%s","size":%d}]}""".formatted(MANIFEST, digest(CONFIG), CONFIG.length, promisedDigest(), SERVED.length));
    }

    private static void send(HttpExchange exchange, int status, String type, byte[] body) throws IOException {
        exchange.getResponseHeaders().add("Content-Type", type);
        if (status == 200 && type.equals(MANIFEST)) {
            exchange.getResponseHeaders().add("Docker-Content-Digest", digest(body));
        }
        boolean head = exchange.getRequestMethod().equals("HEAD");
        if (head) {
            exchange.getResponseHeaders().add("Content-Length", Integer.toString(body.length));
        }
        exchange.sendResponseHeaders(status, head ? -1 : body.length);
        if (!head) {
            exchange.getResponseBody().write(body);
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String digest(byte[] content) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("digest content: this JDK has no SHA-256", e);
        }
    }
}
