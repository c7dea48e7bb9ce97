package io.gantry.cri.nri.ttrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.gantry.cri.nri.SocketPair;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Both ends of the protocol over a real socket, and a hostile other end. */
class CallTests {
    private static final Duration LONG = Duration.ofSeconds(60);

    private final TestDirectories directories = TestDirectories.create();
    private final CompletableFuture<String> closed = new CompletableFuture<>();
    private SocketPair pair;

    @BeforeEach
    void connect() throws IOException {
        pair = SocketPair.open(directories);
    }

    @AfterEach
    void close() throws IOException {
        pair.close();
        directories.close();
    }

    private Client client() {
        Mux mux = new Mux(pair.here());
        Client client = new Client(mux, 1);
        mux.start("test", reason -> {
            client.lost(reason);
            closed.complete(reason);
        });
        return client;
    }

    private Mux serve(Map<String, Server.Method> methods) {
        Mux mux = new Mux(pair.there());
        var unused = new Server(mux, 1, "S", methods);
        mux.start("test", reason -> closed.complete(reason));
        return mux;
    }

    private String reason() throws Exception {
        return closed.get(60, TimeUnit.SECONDS);
    }

    private static ByteString text(String text) {
        return ByteString.copyFromUtf8(text);
    }

    /** A piece on a connection of the multiplexer. */
    private static ByteBuffer piece(int connection, byte[] bytes) {
        return ByteBuffer.allocate(8 + bytes.length)
                .putInt(connection)
                .putInt(bytes.length)
                .put(bytes)
                .flip();
    }

    private static void write(SocketChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            int unused = channel.write(bytes);
        }
    }

    @Test
    void manyCallsAtOnceEachGetTheirOwnAnswer() throws Exception {
        serve(Map.of("Echo", request -> request));
        Client client = client();
        List<Future<ByteString>> answers = new ArrayList<>();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 10; i++) {
                ByteString request = text("call " + i);
                answers.add(executor.submit(() -> client.call("S", "Echo", request, LONG)));
            }
            for (int i = 0; i < 10; i++) {
                assertThat(answers.get(i).get()).isEqualTo(text("call " + i));
            }
        }
    }

    @Test
    void aLongAnswerComesWhole() throws Exception {
        ByteString large = ByteString.copyFrom(new byte[3 << 20]);
        serve(Map.of("Large", request -> large));

        assertThat(client().call("S", "Large", ByteString.EMPTY, LONG)).isEqualTo(large);
    }

    @Test
    void aLongMessageIsSentInTwoPiecesAndAShortOneInOne() throws Exception {
        Mux mux = new Mux(pair.here());
        mux.start("test", closed::complete);
        mux.send(1, new byte[4096]);
        mux.send(2, new byte[5000]);
        ByteBuffer wire = ByteBuffer.allocate(3 * 8 + 4096 + 5000);
        while (wire.hasRemaining()) {
            int unused = pair.there().read(wire);
        }

        assertThat(wire.getInt(0)).isEqualTo(1);
        assertThat(wire.getInt(4)).isEqualTo(4096);
        assertThat(wire.getInt(8 + 4096)).isEqualTo(2);
        assertThat(wire.getInt(8 + 4096 + 4)).isEqualTo(4096);
        assertThat(wire.getInt(2 * (8 + 4096) + 4)).isEqualTo(904);
    }

    @Test
    void anErrorHasItsCodeAndText() {
        serve(Map.of("Fail", request -> {
            throw new StatusException(9, "no");
        }));
        Client client = client();

        assertThatThrownBy(() -> client.call("S", "Fail", ByteString.EMPTY, LONG))
                .isInstanceOfSatisfying(
                        StatusException.class, e -> assertThat(e.code()).isEqualTo(9))
                .hasMessage("no");
        assertThatThrownBy(() -> client.call("S", "Unknown", ByteString.EMPTY, LONG))
                .isInstanceOfSatisfying(
                        StatusException.class, e -> assertThat(e.code()).isEqualTo(StatusException.UNIMPLEMENTED));
        assertThatThrownBy(() -> client.call("Other", "Fail", ByteString.EMPTY, LONG))
                .hasMessage("there is no method Other/Fail");
    }

    @Test
    void anAnswerThatComesTooLateIsDroppedAndTheNextCallWorks() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        serve(Map.of(
                "Slow",
                request -> {
                    release.await();
                    return request;
                },
                "Echo",
                request -> request));
        Client client = client();

        assertThatThrownBy(() -> client.call("S", "Slow", ByteString.EMPTY, Duration.ofMillis(20)))
                .isInstanceOf(TimeoutException.class);
        release.countDown();

        assertThat(client.call("S", "Echo", text("next"), LONG)).isEqualTo(text("next"));
    }

    @Test
    void moreCallsThanAreServedAtOnceAreRefused() throws Exception {
        CountDownLatch release = new CountDownLatch(1);
        CountDownLatch busy = new CountDownLatch(16);
        serve(Map.of("Slow", request -> {
            busy.countDown();
            release.await();
            return request;
        }));
        Client client = client();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<ByteString>> served = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                served.add(executor.submit(() -> client.call("S", "Slow", ByteString.EMPTY, LONG)));
            }
            busy.await();
            try {
                assertThatThrownBy(() -> client.call("S", "Slow", ByteString.EMPTY, LONG))
                        .isInstanceOfSatisfying(
                                StatusException.class,
                                e -> assertThat(e.code()).isEqualTo(StatusException.RESOURCE_EXHAUSTED));
            } finally {
                release.countDown();
            }
            for (Future<ByteString> call : served) {
                assertThat(call.get()).isEqualTo(ByteString.EMPTY);
            }
        }
    }

    @Test
    void aRequestLongerThanAFrameIsNotSent() {
        Client client = client();

        assertThatThrownBy(() -> client.call("S", "M", ByteString.copyFrom(new byte[5 << 20]), LONG))
                .isInstanceOf(StatusException.class)
                .hasMessageContaining("4194304 are allowed");
    }

    @Test
    void whoWaitsIsWokenWhenTheOtherSideGoes() throws Exception {
        Client client = client();
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<ByteString> call = executor.submit(() -> client.call("S", "M", ByteString.EMPTY, LONG));
            int unused = pair.there().read(ByteBuffer.allocate(1)); // it was sent
            pair.there().close();

            assertThatThrownBy(call::get).isInstanceOf(ExecutionException.class).hasCauseInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> client.call("S", "M", ByteString.EMPTY, LONG)).isInstanceOf(IOException.class);
    }

    @Test
    void anAnnouncedLengthThatIsTooLongEndsTheConnection() throws Exception {
        Client unused = client();
        write(
                pair.there(),
                ByteBuffer.allocate(8).putInt(1).putInt(Integer.MAX_VALUE).flip());

        assertThat(reason()).contains("a piece of 2147483647 bytes is announced");
    }

    @Test
    void aCallThatIsNoProtobufEndsTheConnection() throws Exception {
        Mux unused = serve(Map.of());
        byte[] rubbish = new byte[20];
        java.util.Arrays.fill(rubbish, (byte) 0xff);
        write(pair.here(), piece(1, new Frame(1, Frame.REQUEST, rubbish).encode()));

        assertThat(reason()).contains("a call cannot be read");
    }

    @Test
    void aFrameOfAnotherTypeEndsTheConnection() throws Exception {
        Mux unused = serve(Map.of());
        write(pair.here(), piece(1, new Frame(1, 3, new byte[0]).encode()));

        assertThat(reason()).contains("a frame of type 3");
    }

    @Test
    void whatComesForNobodyIsDropped() throws Exception {
        Mux unused = serve(Map.of("Echo", request -> request));
        write(pair.here(), piece(99, new byte[] {1, 2, 3}));

        assertThat(client().call("S", "Echo", text("still here"), LONG)).isEqualTo(text("still here"));
    }

    @Test
    void anAnswerToNoCallIsDropped() throws Exception {
        Client client = client();
        write(pair.there(), piece(1, new Frame(777, Frame.RESPONSE, new byte[0]).encode()));
        serve(Map.of("Echo", request -> request));

        assertThat(client.call("S", "Echo", text("x"), LONG)).isEqualTo(text("x"));
    }

    @Test
    void oneThatDoesNotReadIsPartedWithAndNobodyWaitsForIt() throws Exception {
        Mux mux = new Mux(pair.here());
        mux.start("test", closed::complete);
        byte[] piece = new byte[64 << 10];

        assertThatThrownBy(() -> {
                    for (int i = 0; i < 100_000; i++) {
                        mux.send(1, piece);
                    }
                })
                .isInstanceOf(IOException.class);
        assertThat(reason()).isEqualTo("it does not read what it is sent");
    }
}
