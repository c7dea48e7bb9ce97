package io.gantry.e2e.images;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Pushes images with the calls of the OCI distribution specification. */
final class RegistryPush {
    private final HttpClient client = HttpClient.newHttpClient();
    private final URI registry;

    RegistryPush(String address) {
        this.registry = URI.create("http://" + address);
    }

    /** Pushes one image and returns what was pushed, one entry for each tag. */
    List<PushedImage> push(TestImage image) throws IOException, InterruptedException {
        byte[] config = Manifests.config(image).getBytes(StandardCharsets.UTF_8);
        byte[] manifest = Manifests.manifest(image, config).getBytes(StandardCharsets.UTF_8);
        for (Layer layer : image.layers()) {
            blob(image.repository(), layer.digest(), layer.blob());
        }
        blob(image.repository(), Digests.of(config), config);
        byte[] top = manifest;
        String mediaType = image.form().manifest;
        switch (image.form()) {
            case DOCKER, OCI -> {}
            case OCI_INDEX, OCI_INDEX_OTHER_PLATFORM -> {
                manifest(image.repository(), Digests.of(manifest), mediaType, manifest);
                top = Manifests.index(image, manifest).getBytes(StandardCharsets.UTF_8);
                mediaType = ManifestForm.INDEX;
            }
        }
        List<PushedImage> pushed = new ArrayList<>();
        for (String tag : image.tags()) {
            manifest(image.repository(), tag, mediaType, top);
            pushed.add(new PushedImage(image.repository(), tag, Digests.of(top), Digests.of(config)));
        }
        return pushed;
    }

    private void blob(String repository, String digest, byte[] content) throws IOException, InterruptedException {
        HttpRequest head = HttpRequest.newBuilder(registry.resolve("/v2/" + repository + "/blobs/" + digest))
                .HEAD()
                .build();
        if (client.send(head, BodyHandlers.discarding()).statusCode() == 200) {
            return;
        }
        HttpResponse<String> start = client.send(
                HttpRequest.newBuilder(registry.resolve("/v2/" + repository + "/blobs/uploads/"))
                        .POST(BodyPublishers.noBody())
                        .build(),
                BodyHandlers.ofString());
        expect(start, 202, "start the upload of " + digest);
        URI location = registry.resolve(start.headers().firstValue("Location").orElseThrow());
        String joint = location.getQuery() == null ? "?" : "&";
        HttpRequest put = HttpRequest.newBuilder(URI.create(location + joint + "digest=" + digest))
                .header("Content-Type", "application/octet-stream")
                .PUT(BodyPublishers.ofByteArray(content))
                .build();
        expect(client.send(put, BodyHandlers.ofString()), 201, "upload blob " + digest + " of " + repository);
    }

    private void manifest(String repository, String reference, String mediaType, byte[] content)
            throws IOException, InterruptedException {
        HttpRequest put = HttpRequest.newBuilder(registry.resolve("/v2/" + repository + "/manifests/" + reference))
                .header("Content-Type", mediaType)
                .PUT(BodyPublishers.ofByteArray(content))
                .build();
        expect(client.send(put, BodyHandlers.ofString()), 201, "put manifest " + repository + ":" + reference);
    }

    private static void expect(HttpResponse<String> response, int status, String action) throws IOException {
        if (response.statusCode() != status) {
            throw new IOException(action + ": the registry answered " + response.statusCode() + ": " + response.body());
        }
    }
}
