package io.gantry.e2e.bench.images;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Collectors;

/** Puts images into a registry, layers straight from their files. */
final class Upload {
    private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";

    private final HttpClient client =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final URI registry;

    Upload(String address) {
        this.registry = URI.create("http://" + address);
    }

    void image(PullImage image, List<PackedLayer> layers) throws IOException, InterruptedException {
        byte[] config = bytes(
                "{\"architecture\":\"%s\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[%s]}}"
                        .formatted(
                                System.getProperty("os.arch").replace("aarch64", "arm64"),
                                layers.stream().map(l -> '"' + l.diffId() + '"').collect(Collectors.joining(","))));
        byte[] manifest = bytes("{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
                .formatted(
                        MANIFEST,
                        descriptor(CONFIG, PackedLayer.digestOf(config), config.length),
                        layers.stream()
                                .map(l -> descriptor(l.mediaType(), l.digest(), l.size()))
                                .collect(Collectors.joining(","))));
        for (PackedLayer layer : layers) {
            blob(image.repository(), layer.digest(), BodyPublishers.ofFile(layer.blob()));
        }
        blob(image.repository(), PackedLayer.digestOf(config), BodyPublishers.ofByteArray(config));
        HttpRequest put = HttpRequest.newBuilder(
                        registry.resolve("/v2/" + image.repository() + "/manifests/" + image.tag()))
                .header("Content-Type", MANIFEST)
                .PUT(BodyPublishers.ofByteArray(manifest))
                .build();
        expect(201, client.send(put, BodyHandlers.ofString()), "put the manifest of " + image.tag());
    }

    private void blob(String repository, String digest, HttpRequest.BodyPublisher content)
            throws IOException, InterruptedException {
        HttpRequest post = HttpRequest.newBuilder(registry.resolve("/v2/" + repository + "/blobs/uploads/"))
                .POST(BodyPublishers.noBody())
                .build();
        HttpResponse<String> started = client.send(post, BodyHandlers.ofString());
        expect(202, started, "start the upload of " + digest);
        URI location = registry.resolve(started.headers().firstValue("Location").orElseThrow());
        HttpRequest put = HttpRequest.newBuilder(
                        URI.create(location + (location.getQuery() == null ? "?" : "&") + "digest=" + digest))
                .header("Content-Type", "application/octet-stream")
                .PUT(content)
                .build();
        expect(201, client.send(put, BodyHandlers.ofString()), "upload " + digest);
    }

    private static String descriptor(String type, String digest, long size) {
        return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}".formatted(type, digest, size);
    }

    private static void expect(int status, HttpResponse<String> response, String action) throws IOException {
        if (response.statusCode() != status) {
            throw new IOException(action + ": the registry answered " + response.statusCode() + ": " + response.body());
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
