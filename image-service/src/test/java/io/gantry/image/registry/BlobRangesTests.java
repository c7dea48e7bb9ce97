package io.gantry.image.registry;

import static io.gantry.image.registry.RegistryFixture.BLOB;
import static io.gantry.image.registry.RegistryFixture.IMAGE;
import static io.gantry.image.registry.RegistryFixture.LAYER;
import static io.gantry.image.registry.RegistryFixture.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.budget.TransferBudget;
import io.gantry.image.budget.TransferMemory;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Blobs over several connections. The first connection of each server is slow, so that the reader waits for it. */
@Timeout(60)
class BlobRangesTests {
    private static final int SEGMENT = 50_000;

    @TempDir
    Path directory;

    private final TransferBudget budget = new TransferBudget(1, 10 << 20);
    private TransferMemory memory;

    @BeforeEach
    void enter() throws Exception {
        memory = budget.enter("pull", 1);
    }

    @AfterEach
    void nothingIsHeld() {
        assertThat(budget.used()).isEqualTo(1);
        memory.close();
        assertThat(budget.used()).isZero();
    }

    private BlobStream open(FaultyServer server, int connections) throws Exception {
        var _ = new RegistryFixture(directory).servers(server);
        return new RegistryClient(
                        RegistryHosts.in(directory),
                        RegistryFixture.config(),
                        new RangePolicy(connections, SEGMENT, 200_000, Long.MAX_VALUE))
                .openBlob(IMAGE, LAYER, 0, null, memory);
    }

    /** The whole blob in small pieces, with a pause after each. */
    private static void slowly(FaultyServer.Out out) throws IOException, InterruptedException {
        out.head(200, Map.of("Content-Length", Integer.toString(BLOB.length), "Accept-Ranges", "bytes"));
        for (int at = 0; at < BLOB.length; at += 5000) {
            out.write(BLOB, at, Math.min(5000, BLOB.length - at));
            Thread.sleep(5);
        }
    }

    private static boolean isWhole(FaultyServer.Request request) {
        return request.header("Range").isEmpty();
    }

    private static void part(FaultyServer.Request request, FaultyServer.Out out, byte[] blob, int bytes)
            throws IOException {
        int from = request.rangeStart();
        int end = request.rangeEnd(blob.length);
        out.head(
                206,
                Map.of(
                        "Content-Length",
                        Integer.toString(end - from),
                        "Content-Range",
                        "bytes " + from + "-" + (end - 1) + "/" + blob.length));
        out.write(blob, from, Math.min(bytes, end - from));
        if (bytes < end - from) {
            out.drop();
        }
    }

    @Test
    void aSlowConnectionIsHelpedByOthers() throws Exception {
        try (FaultyServer server = FaultyServer.plain((request, out) -> {
                    if (isWhole(request)) {
                        slowly(out);
                    } else {
                        part(request, out, BLOB, BLOB.length);
                    }
                });
                BlobStream stream = open(server, 4)) {
            assertThat(readAll(stream)).isEqualTo(BLOB);
            assertThat(server.requests().size()).isGreaterThan(8);
            assertThat(server.requests().stream().skip(1))
                    .allMatch(request -> request.rangeEnd(BLOB.length) - request.rangeStart() <= SEGMENT);
            assertThat(stream.reconnects()).isZero();
        }
        assertThat(budget.peak()).isEqualTo(1 + 5 * SEGMENT);
    }

    @Test
    void oneConnectionIsEnoughWhenThatIsConfigured() throws Exception {
        try (FaultyServer server = FaultyServer.plain((_, out) -> slowly(out))) {
            assertThat(readAll(open(server, 1))).isEqualTo(BLOB);
            assertThat(server.requests()).hasSize(1);
        }
    }

    @Test
    void withoutMemoryOneConnectionGoesOn() throws Exception {
        assertThat(memory.tryTake((10 << 20) - 1 - 2 * SEGMENT)).isTrue();
        try (FaultyServer server = FaultyServer.plain((_, out) -> slowly(out))) {
            assertThat(readAll(open(server, 4))).isEqualTo(BLOB);
            assertThat(server.requests()).hasSize(1);
        }
        memory.giveBack((10 << 20) - 1 - 2 * SEGMENT);
    }

    @Test
    void aConnectionThatBreaksInASegmentGoesOnInIt() throws Exception {
        AtomicInteger parts = new AtomicInteger();
        try (FaultyServer server = FaultyServer.plain((request, out) -> {
                    if (isWhole(request)) {
                        slowly(out);
                    } else {
                        part(request, out, BLOB, parts.incrementAndGet() % 3 == 0 ? 10_000 : BLOB.length);
                    }
                });
                BlobStream stream = open(server, 3)) {
            assertThat(readAll(stream)).isEqualTo(BLOB);
            assertThat(stream.reconnects()).isPositive();
        }
    }

    @Test
    void aServerThatIgnoresRangesOrAllowsOneConnectionIsReadAsBefore() throws Exception {
        for (int status : new int[] {200, 429}) {
            AtomicInteger calls = new AtomicInteger();
            try (FaultyServer server = FaultyServer.plain((request, out) -> {
                if (calls.incrementAndGet() == 1) {
                    slowly(out);
                } else if (status == 429 && request.rangeEnd(BLOB.length) < BLOB.length) {
                    out.send(429, Map.of(), new byte[0]);
                } else if (status == 429) {
                    part(request, out, BLOB, BLOB.length);
                } else {
                    out.send(200, Map.of(), BLOB);
                }
            })) {
                assertThat(readAll(open(server, 4))).isEqualTo(BLOB);
            }
        }
    }

    @Test
    void wrongBytesInASegmentAreNoticed() throws Exception {
        byte[] wrong = BLOB.clone();
        wrong[BLOB.length - 100] ^= 1;
        try (FaultyServer server = FaultyServer.plain((request, out) -> {
                    if (isWhole(request)) {
                        slowly(out);
                    } else {
                        part(request, out, wrong, BLOB.length);
                    }
                });
                BlobStream stream = open(server, 4)) {
            assertThatThrownBy(stream::readAllBytes)
                    .isInstanceOf(GantryException.class)
                    .hasMessageContaining(server.url() + " served wrong content");
        }
    }

    @Test
    void closingEndsAllConnections() throws Exception {
        CountDownLatch under = new CountDownLatch(2);
        try (FaultyServer server = FaultyServer.plain((request, out) -> {
            if (isWhole(request)) {
                slowly(out);
            } else {
                out.head(
                        206,
                        Map.of(
                                "Content-Length",
                                Integer.toString(request.rangeEnd(BLOB.length) - request.rangeStart()),
                                "Content-Range",
                                "bytes " + request.rangeStart() + "-" + (request.rangeEnd(BLOB.length) - 1) + "/"
                                        + BLOB.length));
                under.countDown();
                out.awaitClientGone();
            }
        })) {
            BlobStream stream = open(server, 3);
            Thread reader = Thread.ofVirtual().start(() -> {
                try {
                    stream.readAllBytes();
                } catch (IOException | GantryException _) {
                    // Closed, as is meant.
                }
            });
            assertThat(under.await(30, TimeUnit.SECONDS)).isTrue();
            stream.close();
            reader.join();
            while (server.openConnections() > 0 || budget.used() > 1) {
                Thread.sleep(5);
            }
        }
    }
}
