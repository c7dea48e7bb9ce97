package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.Answer;
import io.gantry.e2e.faults.FaultImage;
import io.gantry.e2e.faults.RegistryDouble;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * A registry that fails in every way that registries, proxies and networks do, under a real daemon: each pull ends with the
 * image or with the exact error, and nothing is left of one that failed.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PullFaultsIT {
    private static final String NETWORK_REMEDY =
            "; check that this node reaches the registry (names, proxy, firewall), " + "or name a mirror in hosts.toml";
    private static final String WRONG_REMEDY =
            "; try again, other mirrors then go first; if it stays so, the content " + "there is damaged";
    private static final String BAD_REMEDY =
            "; try again; if it stays so, the registry's or mirror's content is damaged";
    private static final int MIB = 1 << 20;

    private final AtomicInteger seeds = new AtomicInteger();
    private PullBed bed;
    private RegistryDouble registry;
    private List<String> imagesBefore;
    private PullBed.Held held;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "states Gantry's own words; other runtimes have others");
        bed = PullBed.start("progress_timeout = \"2s\"");
        registry = bed.registry;
        bed.pull(bed.serve("first", image()));
        bed.assertQuiet();
        held = bed.held();
    }

    @AfterAll
    void close() throws Exception {
        if (bed != null) {
            try {
                // After all these faults.
                bed.assertNoConnectionsTo(registry);
                bed.assertNothingGrew(held);
            } finally {
                bed.close();
            }
        }
    }

    @BeforeEach
    void remember() throws Exception {
        registry.heal();
        imagesBefore = bed.images();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        registry.heal();
        bed.assertQuiet();
    }

    private FaultImage image() {
        return FaultImage.of(seeds.incrementAndGet(), 2 * MIB);
    }

    private void assertPulled(String reference) throws Exception {
        bed.pull(reference);
        assertThat(bed.images()).hasSize(imagesBefore.size() + 1);
    }

    private void assertRefused(String reference, FaultImage image, String code, String text) throws Exception {
        assertThat(bed.refused(reference, image)).isEqualTo(new Refusal(code, text));
        assertThat(bed.images()).isEqualTo(imagesBefore);
    }

    private static String layer(String repository) {
        return "pull layer LAYER of image faults.example.test/" + repository + ":1: ";
    }

    // Ends well.

    @Test
    void brokenConnectionsGoOnAtTheByteWhereTheyBroke() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("broken", image);
        registry.blob("broken", image.layer(), answer -> answer.upTo(answer.call() * 500_000));

        assertPulled(reference);

        List<RegistryDouble.Request> blobs = registry.requests(image.layer());
        assertThat(blobs)
                .extracting(RegistryDouble.Request::range)
                .containsExactly("", "bytes=500000-", "bytes=1000000-", "bytes=1500000-", "bytes=2000000-");
        assertThat(blobs.getLast().ifRange()).isEqualTo("\"" + image.layer() + "\"");
    }

    @Test
    void aServerWithoutRangesIsReadOver() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("no-ranges", image);
        registry.blob(
                "no-ranges", image.layer(), answer -> answer.whole(answer.call() == 1 ? MIB : answer.content().length));

        assertPulled(reference);
        assertThat(registry.requests(image.layer())).hasSize(2);
    }

    @Test
    void aLayerThatIsNotCompressedAsItsTypeSays() throws Exception {
        FaultImage image = FaultImage.withPlainLayer(seeds.incrementAndGet(), MIB);
        assertPulled(bed.serve("type-lie", image));
    }

    @Test
    void chunkedBodies() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("chunked", image);
        registry.blob("chunked", image.layer(), answer -> answer.chunked(new byte[0]));
        registry.manifest("chunked", answer -> answer.chunked(new byte[0]));

        assertPulled(reference);
    }

    @Test
    void aBusyServerIsAskedAgainWhenItSays() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("busy", image);
        registry.manifest("busy", answer -> busy(answer, 429));
        registry.blob("busy", image.layer(), answer -> busy(answer, new int[] {503, 408, 500}[answer.call() % 3]));

        long start = System.nanoTime();
        assertPulled(reference);
        // Retry-After asked for a second on each of six answers; fewer would be too soon.
        assertThat(System.nanoTime() - start).isGreaterThan(6_000_000_000L);
        assertThat(registry.requests("/v2/busy/manifests/")).hasSize(4);
        assertThat(registry.requests(image.layer())).hasSize(4);
    }

    private static void busy(Answer answer, int status) throws java.io.IOException {
        if (answer.call() <= 3) {
            answer.with("Retry-After", "1").status(status);
        } else {
            answer.right();
        }
    }

    @Test
    void aTokenThatRunsOutInTheMiddleIsRenewed() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("token", image);
        AtomicInteger tokens = new AtomicInteger();
        registry.path(
                "/token",
                answer -> answer.other(
                        ("{\"token\":\"t" + tokens.incrementAndGet() + "\"}").getBytes(StandardCharsets.UTF_8)));
        registry.manifest("token", answer -> authorized(answer, "Bearer t1", answer.content().length));
        for (String blob : image.blobs().keySet()) {
            boolean isLayer = blob.equals(image.layer());
            registry.blob("token", blob, answer -> {
                boolean first = isLayer && registry.requests(image.layer()).size() == 1;
                authorized(
                        answer, isLayer && !first ? "Bearer t2" : "Bearer t1", first ? MIB : answer.content().length);
            });
        }

        assertPulled(reference);
        assertThat(tokens).hasValue(2);
        assertThat(registry.requests(image.layer()))
                .extracting(RegistryDouble.Request::authorization)
                .containsExactly("Bearer t1", "Bearer t1", "Bearer t2");
        assertThat(registry.requests(image.layer()).getLast().range()).isEqualTo("bytes=" + MIB + "-");
    }

    private void authorized(Answer answer, String expected, int end) throws java.io.IOException {
        if (answer.header("Authorization").equals(expected)) {
            answer.upTo(end);
        } else {
            answer.with("WWW-Authenticate", "Bearer realm=\"http://" + registry.address() + "/token\",service=\"s\"")
                    .status(401);
        }
    }

    @Test
    void aRedirectToABlobStoreCarriesNoCredentialsAndMayRunOut() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("redirect", image);
        try (RegistryDouble store = RegistryDouble.start()) {
            store.path("/bucket/blob", answer -> {
                if (answer.call() == 1) {
                    answer.status(403);
                } else {
                    answer.other(image.layerBytes());
                }
            });
            registry.manifest("redirect", answer -> basic(answer));
            for (String blob : image.blobs().keySet()) {
                registry.blob("redirect", blob, answer -> {
                    if (blob.equals(image.layer())
                            && !answer.header("Authorization").isEmpty()) {
                        answer.with("Location", "http://" + store.address() + "/bucket/blob?signature=" + answer.call())
                                .status(307);
                    } else {
                        basic(answer);
                    }
                });
            }
            bed.pull(reference, "--creds", "user:secret");

            assertThat(bed.images()).hasSize(imagesBefore.size() + 1);
            assertThat(store.requests("/bucket/blob"))
                    .hasSize(2)
                    .allMatch(request -> request.authorization().isEmpty());
            assertThat(store.requests("/bucket/blob").getFirst().path())
                    .isNotEqualTo(store.requests("/bucket/blob").getLast().path());
        }
    }

    private static void basic(Answer answer) throws java.io.IOException {
        if (answer.header("Authorization").equals("Basic dXNlcjpzZWNyZXQ=")) {
            answer.right();
        } else {
            answer.with("WWW-Authenticate", "Basic realm=\"test\"").status(401);
        }
    }

    @Test
    void theNextMirrorHelps() throws Exception {
        FaultImage image = image();
        try (RegistryDouble mirror = RegistryDouble.start()) {
            mirror.put("team/app", image);
            mirror.blob("team/app", image.layer(), answer -> answer.upTo(MIB));
            mirrors("mirrored.example.test", mirror.address());
            registry.put("team/app", image);

            assertPulled("mirrored.example.test/team/app:1");
            assertThat(mirror.requests(image.layer())).isNotEmpty();
            assertThat(registry.requests(image.layer()))
                    .extracting(RegistryDouble.Request::range)
                    .containsExactly("bytes=" + MIB + "-");
        }
    }

    // Ends with an error.

    @Test
    void everyMirrorStandsInTheErrorWithItsReason() throws Exception {
        FaultImage image = image();
        try (RegistryDouble empty = RegistryDouble.start();
                RegistryDouble closed = RegistryDouble.start()) {
            String gone = closed.address();
            closed.close();
            registry.put("named/app", image);
            registry.manifest("named/app", answer -> answer.status(500));
            mirrors("named.example.test", empty.address(), gone);

            Refusal refusal = bed.refused("named.example.test/named/app:1", image);

            assertThat(refusal.code()).isEqualTo("Unavailable");
            assertThat(refusal.text().replace(empty.address(), "EMPTY").replace(gone, "GONE"))
                    .isEqualTo(
                            "pull image named.example.test/named/app:1: all 3 endpoints failed: http://EMPTY: not found "
                                    + "(HTTP 404, TEST: as the test wants it); http://GONE: connection refused; http://REGISTRY: "
                                    + "the server has an error (HTTP 500, TEST: as the test wants it); try again later, or name a "
                                    + "mirror in hosts.toml");
        }
    }

    private void mirrors(String host, String... addresses) throws Exception {
        bed.run.runtime().node().writeMirror(host, registry.address());
        StringBuilder toml = new StringBuilder();
        for (String address : addresses) {
            toml.append("[host.\"http://%s\"]\ncapabilities = [\"pull\", \"resolve\"]\n".formatted(address));
        }
        var file = bed.run.runtime().node().registries().resolve(host).resolve("hosts.toml");
        Files.writeString(file, Files.readString(file) + toml);
    }

    @Test
    void aBodyThatAlwaysEndsAtTheSameByte() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("cut", image);
        registry.blob("cut", image.layer(), answer -> answer.upTo(MIB));

        assertRefused(
                reference,
                image,
                "Unknown", // what crictl's client makes of Unavailable with this prefix
                "RegistryUnavailable: " + layer("cut")
                        + "http://REGISTRY: it closed the connection in the middle of the "
                        + "body at byte 1048576 of SIZE" + NETWORK_REMEDY);
    }

    @Test
    void aServerThatFallsSilent() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("silent", image);
        registry.blob("silent", image.layer(), answer -> answer.silentAfter(MIB));

        assertRefused(
                reference,
                image,
                "Unknown", // what crictl's client makes of Unavailable with this prefix
                "RegistryUnavailable: " + layer("silent")
                        + "http://REGISTRY: no byte came for 2.0 s at byte 1048576 of " + "SIZE" + NETWORK_REMEDY);
    }

    @Test
    void aServerThatOnlyTrickles() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("trickle", image);
        registry.blob("trickle", image.layer(), answer -> answer.trickle(1000));

        assertThat(bed.refused(reference, image).text())
                .startsWith("RegistryUnavailable: " + layer("trickle")
                        + "http://REGISTRY: no byte came for 2.0 s at byte ");
        assertThat(bed.images()).isEqualTo(imagesBefore);
    }

    @Test
    void aServerThatStaysBroken() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("error", image);
        registry.blob("error", image.layer(), answer -> answer.status(502));

        assertRefused(
                reference,
                image,
                "Unavailable",
                layer("error") + "http://REGISTRY: the server has an error (HTTP 502, TEST: as the test wants it); try "
                        + "again later, or name a mirror in hosts.toml");
        assertThat(registry.requests(image.layer())).hasSize(5);
    }

    @Test
    void aServerThatOffersRangesAndRefusesThem() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("range-416", image);
        registry.blob("range-416", image.layer(), answer -> {
            if (answer.header("Range").isEmpty()) {
                answer.upTo(MIB);
            } else {
                answer.status(416);
            }
        });

        assertRefused(
                reference,
                image,
                "FailedPrecondition",
                layer("range-416")
                        + "http://REGISTRY: unexpected answer (HTTP 416, TEST: as the test wants it); check the "
                        + "registry's address and hosts.toml");
    }

    @Test
    void aLayerOfAnotherLength() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("length", image);
        registry.blob("length", image.layer(), answer -> answer.other(new byte[1000]));

        assertRefused(
                reference,
                image,
                "DataLoss",
                layer("length") + "http://REGISTRY: the blob has 1000 bytes there, the manifest says SIZE"
                        + BAD_REMEDY);
    }

    @Test
    void aLayerThatDoesNotEnd() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("endless", image);
        registry.blob("endless", image.layer(), answer -> answer.chunked(new byte[5 * MIB]));

        assertRefused(
                reference,
                image,
                "DataLoss",
                layer("endless") + "http://REGISTRY sent more than the SIZE bytes that the manifest says"
                        + WRONG_REMEDY);
    }

    @Test
    void aLayerWithOtherContentOfTheSameLength() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("content", image);
        byte[] wrong = image.layerBytes().clone();
        wrong[wrong.length / 2] ^= 1;
        registry.blob("content", image.layer(), answer -> answer.other(wrong));

        assertRefused(
                reference,
                image,
                "DataLoss",
                layer("content") + "http://REGISTRY served wrong content with digest "
                        + FaultImage.digest(wrong).replaceAll("[0-9a-f]{64}", "ID") + WRONG_REMEDY);
    }

    @Test
    void aLayerThatIsEncodedUnasked() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("encoded", image);
        registry.blob(
                "encoded",
                image.layer(),
                answer -> answer.with("Content-Encoding", "gzip").right());

        assertRefused(
                reference,
                image,
                "DataLoss",
                layer("encoded") + "http://REGISTRY: it encoded the content as gzip unasked" + BAD_REMEDY);
    }

    @Test
    void aManifestOfAnotherDigest() throws Exception {
        FaultImage image = image();
        FaultImage other = image();
        bed.serve("digest", image);
        registry.manifest("digest", answer -> answer.other(other.manifest()));
        String reference = PullBed.HOST + "digest@" + FaultImage.digest(image.manifest());

        Refusal refusal = bed.refused(reference, image);
        assertThat(refusal.code()).isEqualTo("DataLoss");
        assertThat(refusal.text())
                .startsWith("pull image faults.example.test/digest@sha256:ID: http://REGISTRY: ")
                .endsWith(BAD_REMEDY);
        assertThat(bed.images()).isEqualTo(imagesBefore);
    }

    @Test
    void aConfigWithOtherContent() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("config", image);
        byte[] wrong = image.bytesOf(image.id()).clone();
        wrong[wrong.length - 1] = ' ';
        registry.blob("config", image.id(), answer -> answer.other(wrong));

        Refusal refusal = bed.refused(reference, image);
        assertThat(refusal.code()).isEqualTo("DataLoss");
        assertThat(refusal.text()).contains("faults.example.test/config:1: http://REGISTRY: ");
        assertThat(bed.images()).isEqualTo(imagesBefore);
        assertThat(registry.requests(image.layer())).isEmpty();
    }

    @Test
    void aLayerThatChangesBetweenTwoConnections() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("changed", image);
        byte[] wrong = image.layerBytes().clone();
        wrong[wrong.length - 100] ^= 1;
        registry.blob("changed", image.layer(), answer -> {
            if (answer.call() == 1) {
                answer.upTo(MIB);
            } else {
                // If-Range names the first content's tag, so the whole of the new one comes.
                answer.of(wrong).whole(wrong.length);
            }
        });

        assertRefused(
                reference,
                image,
                "DataLoss",
                layer("changed") + "http://REGISTRY served wrong content with digest "
                        + FaultImage.digest(wrong).replaceAll("[0-9a-f]{64}", "ID") + WRONG_REMEDY);
    }

    @Test
    void aManifestOfAnotherType() throws Exception {
        FaultImage image = image();
        String reference = bed.serve("type", image);
        registry.manifest(
                "type",
                answer -> answer.with("Content-Type", "text/html")
                        .other("<html>Log in</html>".getBytes(StandardCharsets.UTF_8)));

        Refusal refusal = bed.refused(reference, image);
        assertThat(refusal.code()).isEqualTo("DataLoss");
        assertThat(refusal.text()).startsWith("pull image faults.example.test/type:1: http://REGISTRY: ");
        assertThat(bed.images()).isEqualTo(imagesBefore);
    }

    @Test
    void aConfigThatPromisesOtherContents() throws Exception {
        FaultImage image = FaultImage.withWrongDiffId(seeds.incrementAndGet(), MIB);
        String reference = bed.serve("diffid", image);

        assertRefused(
                reference,
                image,
                "DataLoss",
                "pull layer LAYER of faults.example.test/diffid:1: its contents have the diffID sha256:ID, the image's "
                        + "config says sha256:ID");
    }

    @Test
    void aLayerThatIsDamagedWithItsDigest() throws Exception {
        FaultImage image = FaultImage.withDamagedLayer(seeds.incrementAndGet(), MIB);
        String reference = bed.serve("damaged", image);

        Refusal refusal = bed.refused(reference, image);
        assertThat(refusal.code()).isEqualTo("DataLoss");
        assertThat(refusal.text()).startsWith("pull layer LAYER of faults.example.test/damaged:1: ");
        assertThat(bed.images()).isEqualTo(imagesBefore);
    }
}
