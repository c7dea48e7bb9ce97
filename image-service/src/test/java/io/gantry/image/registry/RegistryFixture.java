package io.gantry.image.registry;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.MediaTypes;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Random;

/** An image called {@code registry.test/team/app:1} and clients that look for it at given servers, the last the upstream. */
final class RegistryFixture {
    static final ImageReference IMAGE = ImageReference.parse("registry.test/team/app:1");
    static final byte[] MANIFEST = ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST
                    + "\",\"config\":{\"mediaType\":\"" + MediaTypes.OCI_CONFIG
                    + "\",\"digest\":\"sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\",\"size\":0},"
                    + "\"layers\":[]}")
            .getBytes(StandardCharsets.UTF_8);
    static final Digest MANIFEST_DIGEST = Digest.ofSha256(MANIFEST);
    static final byte[] BLOB = bytes(700_001);
    static final Descriptor LAYER = Descriptor.of(MediaTypes.OCI_LAYER, Digest.ofSha256(BLOB), BLOB.length);

    private final Path directory;

    RegistryFixture(Path directory) {
        this.directory = directory;
    }

    static byte[] bytes(int length) {
        byte[] out = new byte[length];
        new Random(length).nextBytes(out);
        return out;
    }

    static RegistryClientConfig config() {
        return new RegistryClientConfig(
                Duration.ofSeconds(10),
                Duration.ofSeconds(10),
                4,
                Duration.ofMillis(1),
                Duration.ofMillis(20),
                Map.of(),
                "gantry-test");
    }

    RegistryFixture hosts(String toml) throws IOException {
        Path folder = Files.createDirectories(directory.resolve("registry.test"));
        Files.writeString(folder.resolve("hosts.toml"), toml);
        return this;
    }

    /** Mirrors first, the upstream last. */
    RegistryFixture servers(FaultyServer... servers) throws IOException {
        StringBuilder toml = new StringBuilder("server = \"" + servers[servers.length - 1].url() + "\"\n");
        for (int i = 0; i < servers.length - 1; i++) {
            toml.append("[host.\"" + servers[i].url() + "\"]\n");
        }
        return hosts(toml.toString());
    }

    RegistryClient client() {
        return client(config());
    }

    RegistryClient client(RegistryClientConfig config) {
        return new RegistryClient(RegistryHosts.in(directory), config);
    }

    static byte[] readAll(InputStream stream) throws IOException {
        try (stream) {
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            stream.transferTo(out);
            return out.toByteArray();
        }
    }

    static void sendManifest(FaultyServer.Out out) throws IOException {
        out.send(
                200,
                Map.of("Content-Type", MediaTypes.OCI_MANIFEST, "Docker-Content-Digest", MANIFEST_DIGEST.toString()),
                MANIFEST);
    }

    /** The blob, from where it was asked for. */
    static void sendBlob(FaultyServer.Request request, FaultyServer.Out out) throws IOException {
        sendBlob(request, out, BLOB.length);
    }

    /** The blob up to a byte, where the connection breaks unless that is the end. */
    static void sendBlob(FaultyServer.Request request, FaultyServer.Out out, int end) throws IOException {
        int start = request.rangeStart();
        String length = Integer.toString(BLOB.length - start);
        if (start == 0) {
            out.head(200, Map.of("Content-Length", length, "ETag", "\"v1\""));
        } else {
            out.head(
                    206,
                    Map.of(
                            "Content-Length",
                            length,
                            "ETag",
                            "\"v1\"",
                            "Content-Range",
                            "bytes " + start + "-" + (BLOB.length - 1) + "/" + BLOB.length));
        }
        out.write(BLOB, start, Math.max(0, end - start));
        if (end < BLOB.length) {
            out.drop();
        }
    }
}
