package io.gantry.image.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ChunkPipeTests {
    private final BufferPool pool = new BufferPool(16);
    private final List<ByteBuffer> buffers = pool.take(2);
    private final ChunkPipe pipe = new ChunkPipe(buffers);

    @Test
    void carriesBytesInOrderThroughTwoBuffers() throws Exception {
        Thread writer = Thread.ofPlatform().start(() -> {
            try {
                for (int i = 0; i < 10_000; ) {
                    ByteBuffer buffer = pipe.empty();
                    while (buffer.hasRemaining() && i < 10_000) {
                        buffer.put((byte) i++);
                    }
                    pipe.put(buffer);
                }
                pipe.finish();
            } catch (IOException | InterruptedException e) {
                pipe.fail(new IOException(e));
            }
        });
        int count = 0;
        for (ByteBuffer chunk = pipe.chunk(); chunk != null; chunk = pipe.chunk()) {
            assertThat(chunk.get()).isEqualTo((byte) count++);
        }
        writer.join();

        assertThat(count).isEqualTo(10_000);
        assertThat(pipe.chunk()).isNull();
        pool.giveBack(buffers);
        assertThat(pool.take(2)).containsExactlyInAnyOrderElementsOf(buffers);
    }

    @Test
    void aFailureOfTheWriterReachesTheReader() throws Exception {
        pipe.put(pipe.empty().put((byte) 1));
        pipe.fail(new IOException("broken"));

        assertThatThrownBy(pipe::chunk).hasMessage("broken");
        assertThatThrownBy(pipe::chunk).hasMessage("broken");
    }

    @Test
    void aReaderThatGivesUpFreesTheWriter() throws Exception {
        pipe.empty();
        pipe.empty();
        CompletableFuture<Throwable> thrown = new CompletableFuture<>();
        CountDownLatch started = new CountDownLatch(1);
        Thread writer = Thread.ofPlatform().start(() -> {
            started.countDown();
            try {
                pipe.empty();
            } catch (Throwable e) {
                thrown.complete(e);
            }
        });
        started.await();
        pipe.abandon();

        assertThat(thrown.get(30, TimeUnit.SECONDS)).isInstanceOf(ChunkPipe.AbandonedException.class);
        writer.join();
    }

    @Test
    void buffersGoThroughAThreadInTheMiddleAndBack() throws Exception {
        ChunkPipe second = new ChunkPipe(pipe);
        for (int round = 0; round < 5; round++) {
            pipe.put(pipe.empty().put((byte) round));
            ByteBuffer taken = Objects.requireNonNull(pipe.take());
            assertThat(taken.duplicate().get()).isEqualTo((byte) round);
            second.pass(taken);
            assertThat(Objects.requireNonNull(second.chunk()).get()).isEqualTo((byte) round);
        }
        pipe.finish();
        assertThat(pipe.take()).isNull();
        second.finish();
        assertThat(second.chunk()).isNull();
    }

    @Test
    void aReaderThatGivesUpIsToldToTheThreadInTheMiddle() throws Exception {
        ChunkPipe second = new ChunkPipe(pipe);
        pipe.put(pipe.empty().put((byte) 1));
        ByteBuffer taken = Objects.requireNonNull(pipe.take());
        second.abandon();

        assertThatThrownBy(() -> second.pass(taken)).isInstanceOf(ChunkPipe.AbandonedException.class);
    }

    /** As when a disk is full: all buffers are with the reader that gave up, and the two before it wait for each other. */
    @Test
    void aReaderThatGivesUpWithAllBuffersFreesBothThreadsBeforeIt() throws Exception {
        ChunkPipe second = new ChunkPipe(pipe);
        for (int i = 0; i < buffers.size(); i++) {
            pipe.put(pipe.empty().put((byte) i));
            second.pass(Objects.requireNonNull(pipe.take()));
        }
        CompletableFuture<Throwable> writer = new CompletableFuture<>();
        CompletableFuture<Throwable> middle = new CompletableFuture<>();
        List<Thread> threads = List.of(
                Thread.ofPlatform().start(() -> writer.complete(catchThrowable(pipe::empty))),
                Thread.ofPlatform().start(() -> middle.complete(catchThrowable(pipe::take))));

        second.abandon();

        assertThat(writer.get(30, TimeUnit.SECONDS)).isInstanceOf(ChunkPipe.AbandonedException.class);
        assertThat(middle.get(30, TimeUnit.SECONDS)).isInstanceOf(ChunkPipe.AbandonedException.class);
        for (Thread thread : threads) {
            thread.join();
        }
    }
}
