package io.gantry.e2e.faults;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;

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
     * @param range empty when there is none
     */
    public record Request(String method, String path, String authorization, String range, String ifRange) {}

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

    public static RegistryDouble start() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 64);
        RegistryDouble registry = new RegistryDouble(server);
        server.setExecutor(registry.workers);
        server.createContext("/", registry::handle);
        server.start();
        return registry;
    }

    public String address() {
        return "127.0.0.1:" + server.getAddress().getPort();
    }

    /** Serves an image as {@code repository:1}; what a test said about its parts stays. */
    public void put(String repository, FaultImage image) {
        images.put(repository, image);
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
        for (Map.Entry<String, FaultImage> image : images.entrySet()) {
            String repository = "/v2/" + image.getKey() + "/";
            if (path.startsWith(repository + "manifests/")) {
                byte[] manifest = image.getValue().manifest();
                exchange.getResponseHeaders().set("Docker-Content-Digest", FaultImage.digest(manifest));
                return new Answer(exchange, manifest, FaultImage.MANIFEST, call);
            }
            if (path.startsWith(repository + "blobs/")) {
                byte[] blob = image.getValue().blobs().get(path.substring((repository + "blobs/").length()));
                return new Answer(exchange, blob == null ? new byte[0] : blob, "application/octet-stream", call);
            }
        }
        return new Answer(exchange, new byte[0], "application/json", call);
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
