package io.gantry.image.registry;

import static io.gantry.image.registry.RegistryFixture.BLOB;
import static io.gantry.image.registry.RegistryFixture.IMAGE;
import static io.gantry.image.registry.RegistryFixture.LAYER;
import static io.gantry.image.registry.RegistryFixture.readAll;
import static io.gantry.image.registry.RegistryFixture.sendBlob;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class BlobStreamTests {
    @TempDir
    Path directory;

    private RegistryFixture fixture;

    @BeforeEach
    void prepare() {
        fixture = new RegistryFixture(directory);
    }

    private BlobStream open(long offset) throws InterruptedException {
        return fixture.client().openBlob(IMAGE, LAYER, offset, null);
    }

    private GantryException failure() throws InterruptedException, IOException {
        try (BlobStream stream = open(0)) {
            return catchThrowableOfType(GantryException.class, stream::readAllBytes);
        } catch (GantryException e) {
            return e;
        }
    }

    @Test
    void deliversTheBlob() throws Exception {
        try (FaultyServer server = FaultyServer.plain(RegistryFixture::sendBlob)) {
            fixture.servers(server);
            assertThat(readAll(open(0))).isEqualTo(BLOB);
            assertThat(server.requests()).hasSize(1);
            assertThat(server.requests().getFirst().path())
                    .isEqualTo("/v2/team/app/blobs/" + LAYER.digest() + "?ns=registry.test");
        }
    }

    @Test
    void startsAtAnOffsetAndAtTheEnd() throws Exception {
        try (FaultyServer server = FaultyServer.plain(RegistryFixture::sendBlob)) {
            fixture.servers(server);
            BlobStream stream = open(600_000);
            assertThat(stream.position()).isEqualTo(600_000);
            assertThat(readAll(stream)).isEqualTo(Arrays.copyOfRange(BLOB, 600_000, BLOB.length));
            assertThat(stream.position()).isEqualTo(BLOB.length);
            assertThat(readAll(open(BLOB.length))).isEmpty();
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void goesOnAfterBrokenConnectionsFromWhereItStopped() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (FaultyServer server = FaultyServer.plain(
                (request, out) -> sendBlob(request, out, Math.min(BLOB.length, 150_000 * calls.incrementAndGet())))) {
            fixture.servers(server);
            BlobStream stream = open(0);
            assertThat(readAll(stream)).isEqualTo(BLOB);
            assertThat(stream.reconnects()).isEqualTo(4);
            assertThat(server.requests())
                    .extracting(request -> request.header("Range"))
                    .containsExactly("", "bytes=150000-", "bytes=300000-", "bytes=450000-", "bytes=600000-");
            assertThat(server.requests().getLast().header("If-Range")).isEqualTo("\"v1\"");
        }
    }

    @Test
    void skipsWhatAServerWithoutRangesSendsAgain() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (FaultyServer server = FaultyServer.plain((_, out) -> {
            int end = calls.incrementAndGet() == 1 ? 300_000 : BLOB.length;
            out.head(200, Map.of("Content-Length", Integer.toString(BLOB.length)));
            out.write(BLOB, 0, end);
            if (end < BLOB.length) {
                out.drop();
            }
        })) {
            fixture.servers(server);
            assertThat(readAll(open(0))).isEqualTo(BLOB);
            assertThat(readAll(open(699_000))).isEqualTo(Arrays.copyOfRange(BLOB, 699_000, BLOB.length));
        }
    }

    @Test
    void goesOnAtAnotherMirror() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (FaultyServer mirror = FaultyServer.plain((request, out) -> {
                    if (calls.incrementAndGet() == 1) {
                        sendBlob(request, out, 1000);
                    } else {
                        out.send(503, Map.of(), new byte[0]);
                    }
                });
                FaultyServer upstream = FaultyServer.plain(RegistryFixture::sendBlob)) {
            fixture.servers(mirror, upstream);
            assertThat(readAll(open(0))).isEqualTo(BLOB);
            assertThat(upstream.requests()).hasSize(1);
            assertThat(upstream.requests().getFirst().header("Range")).isEqualTo("bytes=1000-");
            assertThat(upstream.requests().getFirst().header("If-Range")).isEmpty();
        }
    }

    @Test
    void givesUpWhenThereIsNoProgress() throws Exception {
        try (FaultyServer server = FaultyServer.plain((request, out) -> sendBlob(request, out, 1000))) {
            fixture.servers(server);
            GantryException error = failure();
            assertThat(error.kind()).isEqualTo(ErrorKind.UNAVAILABLE);
            assertThat(error)
                    .hasMessageStartingWith("RegistryUnavailable: pull layer " + LAYER.digest() + " of image " + IMAGE)
                    .hasMessageContaining(server.url()
                            + ": it closed the connection in the middle of the body at byte 1000 of 700001");
            assertThat(server.requests()).hasSize(4);
        }
    }

    @Test
    void readsChunkedBodiesAndUndelimitedOnes() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (FaultyServer server = FaultyServer.plain((_, out) -> {
            if (calls.incrementAndGet() == 1) {
                out.head(200, Map.of("Transfer-Encoding", "chunked"));
                out.write((Integer.toHexString(BLOB.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
                out.write(BLOB);
                out.write("\r\n0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            } else {
                out.head(200, Map.of("Connection", "close"));
                out.write(BLOB);
                out.drop();
            }
        })) {
            fixture.servers(server);
            assertThat(readAll(open(0))).isEqualTo(BLOB);
            assertThat(readAll(open(0))).isEqualTo(BLOB);
        }
    }

    @Test
    void resumesAChunkedBodyThatIsCutShort() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (FaultyServer server = FaultyServer.plain((request, out) -> {
            if (calls.incrementAndGet() == 1) {
                out.head(200, Map.of("Transfer-Encoding", "chunked"));
                out.write((Integer.toHexString(BLOB.length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
                out.write(BLOB, 0, 200_000);
                out.drop();
            } else {
                sendBlob(request, out);
            }
        })) {
            fixture.servers(server);
            assertThat(readAll(open(0))).isEqualTo(BLOB);
        }
    }

    @Test
    void anEndlessBodyIsNoticedAtItsFirstByteTooMany() throws Exception {
        CountDownLatch gone = new CountDownLatch(1);
        try (FaultyServer server = FaultyServer.plain((_, out) -> {
            out.head(200, Map.of("Connection", "close"));
            try {
                while (true) {
                    out.write(BLOB);
                }
            } finally {
                gone.countDown();
            }
        })) {
            fixture.servers(server);
            GantryException error = failure();
            assertThat(error.kind()).isEqualTo(ErrorKind.DATA_LOSS);
            assertThat(error).hasMessageContaining(server.url() + " sent more than the 700001 bytes");
            assertThat(gone.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {-1, 1})
    void aBlobOfAnotherSizeIsRefusedBeforeItIsRead(int difference) throws Exception {
        try (FaultyServer server = FaultyServer.plain(
                (_, out) -> out.send(200, Map.of(), Arrays.copyOf(BLOB, BLOB.length + difference)))) {
            fixture.servers(server);
            GantryException error = failure();
            assertThat(error.kind()).isEqualTo(ErrorKind.DATA_LOSS);
            assertThat(error)
                    .hasMessageContaining(
                            "the blob has " + (BLOB.length + difference) + " bytes there, the manifest says 700001");
        }
    }

    @Test
    void wrongContentIsAnErrorAndTheNextTryGoesElsewhere() throws Exception {
        byte[] wrong = BLOB.clone();
        wrong[5]++;
        try (FaultyServer mirror = FaultyServer.plain((_, out) -> out.send(200, Map.of(), wrong));
                FaultyServer upstream = FaultyServer.plain(RegistryFixture::sendBlob)) {
            RegistryClient client = fixture.servers(mirror, upstream).client();
            try (BlobStream first = client.openBlob(IMAGE, LAYER, 0, null)) {
                assertThatThrownBy(first::readAllBytes)
                        .isInstanceOf(GantryException.class)
                        .hasMessageContaining(mirror.url() + " served wrong content with digest sha256:");
            }
            assertThat(readAll(client.openBlob(IMAGE, LAYER, 0, null))).isEqualTo(BLOB);
            assertThat(mirror.requests()).hasSize(1);
        }
    }

    @Test
    void aSilentConnectionIsGivenUpAfterTheProgressTimeout() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (FaultyServer server = FaultyServer.plain((request, out) -> {
            if (calls.incrementAndGet() == 1) {
                out.head(200, Map.of("Content-Length", Integer.toString(BLOB.length)));
                out.write(BLOB, 0, 100_000);
                out.awaitClientGone();
                out.drop();
            } else {
                sendBlob(request, out);
            }
        })) {
            RegistryClient client = fixture.servers(server)
                    .client(RegistryFixture.config().withProgressTimeout(Duration.ofMillis(300)));
            assertThat(readAll(client.openBlob(IMAGE, LAYER, 0, null))).isEqualTo(BLOB);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @Test
    void aByteNowAndThenIsNoProgress() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (FaultyServer server = FaultyServer.plain((request, out) -> {
            if (calls.incrementAndGet() == 1) {
                out.head(200, Map.of("Content-Length", Integer.toString(BLOB.length)));
                for (int i = 0; i < 1000; i++) {
                    out.write(BLOB, i, 1);
                    Thread.sleep(50);
                }
            } else {
                sendBlob(request, out);
            }
        })) {
            RegistryClient client = fixture.servers(server)
                    .client(RegistryFixture.config().withProgressTimeout(Duration.ofMillis(400)));
            assertThat(readAll(client.openBlob(IMAGE, LAYER, 0, null))).isEqualTo(BLOB);
            assertThat(server.requests()).hasSize(2);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void interruptingTheReaderClosesTheConnection(boolean virtual) throws Exception {
        CountDownLatch sent = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        try (FaultyServer server = FaultyServer.plain((_, out) -> {
            out.head(200, Map.of("Content-Length", Integer.toString(BLOB.length)));
            out.write(BLOB, 0, 1000);
            sent.countDown();
            out.awaitClientGone();
            gone.countDown();
        })) {
            fixture.servers(server);
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            Runnable reader = () -> {
                try (BlobStream stream = open(0)) {
                    stream.readAllBytes();
                    outcome.complete(null);
                } catch (Throwable e) {
                    outcome.complete(e);
                }
            };
            Thread thread = virtual
                    ? Thread.ofVirtual().start(reader)
                    : Thread.ofPlatform().start(reader);
            sent.await();
            thread.interrupt();
            assertThat(outcome.get(30, TimeUnit.SECONDS))
                    .isInstanceOfAny(InterruptedIOException.class, InterruptedException.class);
            assertThat(gone.await(30, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void closingFromAnotherThreadEndsABlockedRead() throws Exception {
        CountDownLatch sent = new CountDownLatch(1);
        try (FaultyServer server = FaultyServer.plain((_, out) -> {
            out.head(200, Map.of("Content-Length", Integer.toString(BLOB.length)));
            sent.countDown();
            out.awaitClientGone();
        })) {
            fixture.servers(server);
            BlobStream stream = open(0);
            CompletableFuture<Throwable> outcome = new CompletableFuture<>();
            Thread.ofPlatform().start(() -> {
                try {
                    stream.readAllBytes();
                    outcome.complete(null);
                } catch (Throwable e) {
                    outcome.complete(e);
                }
            });
            sent.await();
            stream.close();
            stream.close();
            assertThat(outcome.get(30, TimeUnit.SECONDS)).isInstanceOf(IOException.class);
        }
    }

    @Test
    void aReaderThatStopsHoldsTheDownloadAndLosesNothing() throws Exception {
        byte[] large = RegistryFixture.bytes(3 << 20);
        Descriptor layer = Descriptor.of(LAYER.mediaType(), Digest.ofSha256(large), large.length);
        try (FaultyServer server = FaultyServer.plain((_, out) -> out.send(200, Map.of(), large))) {
            fixture.servers(server);
            try (BlobStream stream = fixture.client().openBlob(IMAGE, layer, 0, null)) {
                byte[] first = stream.readNBytes(10);
                assertThat(first).isEqualTo(Arrays.copyOf(large, 10));
                assertThat(readAll(stream)).isEqualTo(Arrays.copyOfRange(large, 10, large.length));
            }
        }
    }

    @Test
    void aMissingBlobFailsWhenItIsOpened() throws Exception {
        try (FaultyServer server = FaultyServer.plain((_, out) -> out.send(404, Map.of(), new byte[0]))) {
            fixture.servers(server);
            GantryException error = catchThrowableOfType(GantryException.class, () -> open(0));
            assertThat(error.kind()).isEqualTo(ErrorKind.NOT_FOUND);
        }
    }

    @Test
    void partsThatWereNotAskedForAreRefused() throws Exception {
        try (FaultyServer server = FaultyServer.plain(
                (_, out) -> out.send(206, Map.of("Content-Range", "bytes 9-20/700001"), Arrays.copyOf(BLOB, 12)))) {
            fixture.servers(server);
            GantryException whole = catchThrowableOfType(GantryException.class, () -> open(0));
            assertThat(whole).hasMessageContaining("no usable Content-Range");
            GantryException part = catchThrowableOfType(GantryException.class, () -> open(5));
            assertThat(part).hasMessageContaining("asked for bytes from 5 it sent those from 9");
        }
    }
}
