package io.gantry.image.trust;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RangePolicy;
import io.gantry.image.registry.RegistryClient;
import io.gantry.image.registry.RegistryClientConfig;
import io.gantry.image.registry.RegistryHosts;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Referrers as a registry may list them. */
class RegistrySignaturesTests {
    private static final String BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json";
    private static final Digest IMAGE = Digest.ofSha256("image".getBytes(StandardCharsets.UTF_8));

    private static final String LIST = "/v2/team/app/referrers/" + IMAGE;

    private final TestDirectories directories = TestDirectories.create();
    private final Map<String, String> documents = new ConcurrentHashMap<>();
    private final Map<String, String> links = new ConcurrentHashMap<>();
    private final List<String> referrers = new ArrayList<>();
    private HttpServer server;
    private SignatureStore signatures;

    @BeforeEach
    void setUp() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", exchange -> {
            String asked = exchange.getRequestURI().toString().replace("?ns=registry.test", "");
            String document = documents.get(asked);
            String link = links.get(asked);
            if (link != null) {
                exchange.getResponseHeaders().add("Link", link);
            }
            byte[] body = (document == null ? "{}" : document).getBytes(StandardCharsets.UTF_8);
            String type = document != null && document.contains("\"manifests\"")
                    ? MediaTypes.OCI_INDEX
                    : MediaTypes.OCI_MANIFEST;
            exchange.getResponseHeaders().add("Content-Type", type);
            exchange.sendResponseHeaders(document == null ? 404 : 200, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
        directories.file(
                "certs.d/registry.test/hosts.toml",
                "server = \"http://127.0.0.1:" + server.getAddress().getPort() + "\"\n");
        signatures = new RegistrySignatures(
                new RegistryClient(
                        new RegistryHosts(List.of(directories.root().resolve("certs.d"))),
                        new RegistryClientConfig(
                                Duration.ofSeconds(30),
                                Duration.ofSeconds(30),
                                2,
                                Duration.ofMillis(1),
                                Duration.ofMillis(1),
                                Map.of(),
                                "gantry-test"),
                        RangePolicy.DEFAULT),
                ImageReference.parse("registry.test/team/app:1"),
                null);
    }

    @AfterEach
    void tearDown() {
        server.stop(0);
        directories.close();
    }

    private static String descriptor(String mediaType, String content, String rest) {
        return "{\"mediaType\":\"" + mediaType + "\",\"digest\":\""
                + Digest.ofSha256(content.getBytes(StandardCharsets.UTF_8)) + "\",\"size\":"
                + content.getBytes(StandardCharsets.UTF_8).length + rest + "}";
    }

    private void serve(String kind, String content) {
        documents.put(
                "/v2/team/app/" + kind + "/" + Digest.ofSha256(content.getBytes(StandardCharsets.UTF_8)), content);
    }

    /** @param predicate as its annotation tells it, null for none */
    private void refer(String manifest, @Nullable String artifactType, @Nullable String predicate) {
        String rest = (artifactType == null ? "" : ",\"artifactType\":\"" + artifactType + "\"")
                + (predicate == null
                        ? ""
                        : ",\"annotations\":{\"dev.sigstore.bundle.predicateType\":\"" + predicate + "\"}");
        referrers.add(descriptor(MediaTypes.OCI_MANIFEST, manifest, rest));
        documents.put(
                LIST,
                "{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_INDEX + "\",\"manifests\":["
                        + String.join(",", referrers) + "]}");
    }

    private static String manifest(String layer) {
        return "{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST + "\",\"config\":"
                + descriptor("application/vnd.oci.empty.v1+json", "{}", "") + ",\"layers\":["
                + descriptor(BUNDLE, layer, "") + "]}";
    }

    private void sign(@Nullable String artifactType, @Nullable String predicate) {
        String bundle = "{\"dsseEnvelope\":{\"payload\":\"e30=\",\"payloadType\":\"application/vnd.in-toto+json\","
                + "\"signatures\":[{\"sig\":\"e30=\"}]},\"verificationMaterial\":{}}";
        serve("blobs", bundle);
        serve("manifests", manifest(bundle));
        refer(manifest(bundle), artifactType, predicate);
    }

    @Test
    void aSignatureBehindManyOtherReferrersIsSeen() throws Exception {
        for (int i = 0; i < 40; i++) {
            refer("sbom " + i, "application/spdx+json", null);
            refer("provenance " + i, BUNDLE, "https://slsa.dev/provenance/v1");
            refer("untyped " + i, null, null);
        }
        sign(BUNDLE, SignatureDocuments.SIGN_PREDICATE);

        assertThat(signatures.signatures(IMAGE)).hasSize(1);
    }

    @Test
    void aSignatureOnALaterPageIsSeen() throws Exception {
        sign(BUNDLE, SignatureDocuments.SIGN_PREDICATE);
        String last = documents.remove(LIST);
        String none = "{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_INDEX + "\",\"manifests\":[]}";
        documents.put(LIST, none);
        links.put(LIST, "<" + LIST + "?n=1&last=a>; rel=\"next\"");
        documents.put(LIST + "?n=1&last=a", none);
        links.put(LIST + "?n=1&last=a", "<?n=1&last=b>; title=\"more\"; rel=next");
        documents.put(LIST + "?n=1&last=b", last);
        links.put(LIST + "?n=1&last=b", "<" + LIST + ">; rel=\"first\"");

        assertThat(signatures.signatures(IMAGE)).hasSize(1);
    }

    @Test
    void aListWithoutAnEndIsGivenUp() {
        refer("sbom", "application/spdx+json", null);
        links.put(LIST, "<" + LIST + ">; rel=\"next\"");

        assertThatThrownBy(() -> signatures.signatures(IMAGE))
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("its list of what refers to " + IMAGE + " has more than 64 pages");
    }

    @Test
    void aNextPageElsewhereIsNotAskedFor() {
        refer("sbom", "application/spdx+json", null);
        links.put(LIST, "<http://localhost:9/v2/next>; rel=\"next\"");

        assertThatThrownBy(() -> signatures.signatures(IMAGE))
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("it named http://localhost:9/v2/next as the next page, which is elsewhere");
    }

    @Test
    void whatIsMalformedOrMissingHidesNoSignature() throws Exception {
        refer("gone", BUNDLE, null);
        serve("manifests", "{\"schemaVersion\":2}");
        refer("{\"schemaVersion\":2}", BUNDLE, null);
        serve("manifests", manifest("no such blob"));
        refer(manifest("no such blob"), BUNDLE, null);
        sign(null, null);

        assertThat(signatures.signatures(IMAGE)).hasSize(1);
    }

    @Test
    void aRegistryThatDoesNotAnswerIsNoRegistryWithoutSignatures() {
        server.stop(0);

        assertThatThrownBy(() -> signatures.signatures(IMAGE))
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("RegistryUnavailable");
    }
}
