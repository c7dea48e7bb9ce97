package io.gantry.e2e.faults;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/**
 * A registry that serves images rightly until a test says how it is to fail for one document or blob. Everything that is
 * asked is remembered.
 */
public final class RegistryDouble implements AutoCloseable {
    /** How one document or blob is answered. */
    @FunctionalInterface
    public interface Fault {
        void answer(Answer answer) throws IOException, InterruptedException;
    }

    /**
     * A request.
     *
     * @param path with its query
     * @param authorization empty when there is none
     * @param proxyAuthorization what was meant for a proxy; empty when there is none
     * @param range empty when there is none
     */
    public record Request(
            String method,
            String path,
            String authorization,
            String proxyAuthorization,
            String range,
            String ifRange) {}

    private static final Pattern PARTS = Pattern.compile("/v2/(.+)/(manifests|blobs)/([^/]+)");

    private final HttpServer server;
    private final ExecutorService workers = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("registry-double").factory());
    private final Map<String, FaultImage> images = new ConcurrentHashMap<>();
    private final Map<String, Fault> faults = new ConcurrentHashMap<>();
    private final Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final AtomicInteger answering = new AtomicInteger();

    private RegistryDouble(HttpServer server) {
        this.server = server;
    }

    /** On a free port of the loopback address. */
    public static RegistryDouble start() throws IOException {
        return start(InetAddress.getLoopbackAddress());
    }

    /** On a free port of an address of this machine. */
    public static RegistryDouble start(InetAddress address) throws IOException {
        return start(HttpServer.create(new InetSocketAddress(address, 0), 64));
    }

    /**
     * On a free port of the loopback address, with TLS.
     *
     * @param needClient whether it refuses clients without a certificate that {@code tls} trusts
     */
    public static RegistryDouble startTls(SSLContext tls, boolean needClient) throws IOException {
        HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
        server.setHttpsConfigurator(new HttpsConfigurator(tls) {
            @Override
            public void configure(HttpsParameters parameters) {
                SSLParameters settings = tls.getDefaultSSLParameters();
                settings.setNeedClientAuth(needClient);
                parameters.setSSLParameters(settings);
            }
        });
        return start(server);
    }

    private static RegistryDouble start(HttpServer server) {
        RegistryDouble registry = new RegistryDouble(server);
        server.setExecutor(registry.workers);
        server.createContext("/", registry::handle);
        server.start();
        return registry;
    }

    public String address() {
        return server.getAddress().getAddress().getHostAddress() + ":" + port();
    }

    public int port() {
        return server.getAddress().getPort();
    }

    /** Serves an image as {@code repository:1}; what a test said about its parts stays. */
    public void put(String repository, FaultImage image) {
        images.put(repository, image);
    }

    /** Serves something as {@code repository:tag} beside the image of that repository. */
    public void put(String repository, String tag, FaultImage image) {
        images.put(repository + ":" + tag, image);
    }

    /** Says how the manifest of a repository is answered from now on. */
    public void manifest(String repository, Fault fault) {
        faults.put("/v2/" + repository + "/manifests", fault);
    }

    /** Says how a blob of a repository is answered from now on. */
    public void blob(String repository, String digest, Fault fault) {
        faults.put("/v2/" + repository + "/blobs/" + digest, fault);
    }

    /** Says how a path of no repository (a token server, a blob store) is answered. */
    public void path(String path, Fault fault) {
        faults.put(path, fault);
    }

    /** Answers rightly again. */
    public void heal() {
        faults.clear();
    }

    /** Answers rightly again, and remembers nothing of what was asked so far. */
    public void forget() {
        heal();
        calls.clear();
        requests.clear();
    }

    /** What was asked for a repository so far, in order. */
    public List<Request> requests(String part) {
        return requests.stream()
                .filter(request -> request.path().contains(part))
                .toList();
    }

    /** How many requests are being answered now. */
    public int answering() {
        return answering.get();
    }

    private void handle(HttpExchange exchange) {
        answering.incrementAndGet();
        try (exchange) {
            String path = exchange.getRequestURI().getPath();
            Answer asked = asked(exchange, path);
            requests.add(new Request(
                    exchange.getRequestMethod(),
                    exchange.getRequestURI().toString(),
                    asked.header("Authorization"),
                    asked.header("Proxy-Authorization"),
                    asked.header("Range"),
                    asked.header("If-Range")));
            Fault fault = faults.getOrDefault(key(path), Answer::right);
            if (asked.content().length == 0 && !faults.containsKey(key(path))) {
                asked.status(path.equals("/v2/") ? 200 : 404);
            } else {
                fault.answer(asked);
            }
        } catch (IOException e) {
            // The client went away, or is meant to see a broken connection.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            answering.decrementAndGet();
        }
    }

    private Answer asked(HttpExchange exchange, String path) {
        int call = calls.computeIfAbsent(path, key -> new AtomicInteger()).incrementAndGet();
        Matcher parts = PARTS.matcher(path);
        if (!parts.matches()) {
            return new Answer(exchange, new byte[0], "application/json", call);
        }
        String repository = parts.group(1);
        String reference = parts.group(3);
        if (parts.group(2).equals("blobs")) {
            byte[] blob = images.entrySet().stream()
                    .filter(image -> (image.getKey() + ":").startsWith(repository + ":"))
                    .map(image -> image.getValue().blobs().get(reference))
                    .filter(Objects::nonNull)
                    .findFirst()
                    .orElse(new byte[0]);
            return new Answer(exchange, blob, "application/octet-stream", call);
        }
        FaultImage image = images.get(repository + ":" + reference);
        if (image == null && !reference.startsWith("sha256-")) {
            image = images.get(repository);
        }
        if (image == null) {
            return new Answer(exchange, new byte[0], "application/json", call);
        }
        exchange.getResponseHeaders().set("Docker-Content-Digest", FaultImage.digest(image.manifest()));
        return new Answer(exchange, image.manifest(), FaultImage.MANIFEST, call);
    }

    private static String key(String path) {
        int manifests = path.indexOf("/manifests/");
        return manifests < 0 ? path : path.substring(0, manifests) + "/manifests";
    }

    @Override
    public void close() {
        server.stop(0);
        workers.shutdownNow();
    }
}
