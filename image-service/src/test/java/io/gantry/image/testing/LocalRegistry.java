package io.gantry.image.testing;

import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** The program {@code docker-registry} on a free loopback port, over plain HTTP, with a storage directory of its own. */
public final class LocalRegistry implements AutoCloseable {
    private final TestDirectories directories = TestDirectories.create();
    private final HttpClient client = HttpClient.newHttpClient();
    private final int port;
    private final Process process;

    private LocalRegistry(String program) throws IOException, InterruptedException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }
        Path config = directories.file("config.yml", """
                version: 0.1
                log: {level: error, accesslog: {disabled: true}}
                storage: {filesystem: {rootdirectory: %s}, delete: {enabled: true}}
                http: {addr: "127.0.0.1:%d"}
                """.formatted(directories.dir("storage"), port));
        process = new ProcessBuilder(program, "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directories.root().resolve("log").toFile())
                .start();
        awaitReady();
    }

    /** Starts one, or skips the test when the program is not installed. */
    public static LocalRegistry start() {
        String program = Privileges.assumeProgram("docker-registry");
        try {
            return new LocalRegistry(program);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private void awaitReady() throws IOException, InterruptedException {
        while (true) {
            try {
                send(request("/v2/").GET(), 200);
                return;
            } catch (java.net.ConnectException e) {
                if (!process.isAlive()) {
                    throw new IllegalStateException(
                            "docker-registry ended: "
                                    + Files.readString(directories.root().resolve("log")),
                            e);
                }
                Thread.sleep(20);
            }
        }
    }

    /** {@code 127.0.0.1:port}, to begin image names with. */
    public String host() {
        return "127.0.0.1:" + port;
    }

    /** Pushes an image with everything that it refers to. */
    public void push(String repository, String tag, TestImage image) throws IOException, InterruptedException {
        for (Map.Entry<Digest, byte[]> blob : image.blobs().entrySet()) {
            pushBlob(repository, blob.getKey(), blob.getValue());
        }
        for (Map.Entry<Digest, byte[]> manifest : image.manifests().entrySet()) {
            boolean top = manifest.getKey().equals(image.top().digest());
            pushManifest(repository, top ? tag : manifest.getKey().toString(), manifest.getValue());
        }
    }

    private void pushBlob(String repository, Digest digest, byte[] content) throws IOException, InterruptedException {
        HttpResponse<byte[]> started =
                send(request("/v2/" + repository + "/blobs/uploads/").POST(HttpRequest.BodyPublishers.noBody()), 202);
        String location = started.headers().firstValue("Location").orElseThrow();
        String separator = location.contains("?") ? "&" : "?";
        send(
                HttpRequest.newBuilder(URI.create(base()).resolve(location + separator + "digest=" + digest))
                        .header("Content-Type", "application/octet-stream")
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(content)),
                201);
    }

    private void pushManifest(String repository, String reference, byte[] content)
            throws IOException, InterruptedException {
        String text = new String(content, java.nio.charset.StandardCharsets.UTF_8);
        String type = text.replaceFirst("(?s).*?\"mediaType\":\"([^\"]+)\".*", "$1");
        send(
                request("/v2/" + repository + "/manifests/" + reference)
                        .header("Content-Type", type)
                        .PUT(HttpRequest.BodyPublishers.ofByteArray(content)),
                201);
    }

    /** Overwrites a stored blob with other bytes of the same length. */
    public void corrupt(Descriptor blob) throws IOException {
        String hex = blob.digest().hex();
        Path data = directories
                .root()
                .resolve("storage/docker/registry/v2/blobs/sha256")
                .resolve(hex.substring(0, 2))
                .resolve(hex)
                .resolve("data");
        byte[] bytes = Files.readAllBytes(data);
        bytes[bytes.length / 2] ^= 0x55;
        Files.write(data, bytes);
    }

    private String base() {
        return "http://" + host();
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(base() + path));
    }

    private HttpResponse<byte[]> send(HttpRequest.Builder request, int expected)
            throws IOException, InterruptedException {
        HttpResponse<byte[]> response = client.send(request.build(), HttpResponse.BodyHandlers.ofByteArray());
        if (response.statusCode() != expected) {
            throw new IOException(
                    response + ": " + new String(response.body(), java.nio.charset.StandardCharsets.UTF_8));
        }
        return response;
    }

    @Override
    public void close() {
        process.destroy();
        try {
            process.waitFor();
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        client.close();
        directories.close();
    }
}
