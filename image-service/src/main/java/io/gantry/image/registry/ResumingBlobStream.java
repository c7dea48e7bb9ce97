package io.gantry.image.registry;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A blob stream whose download runs on a virtual thread of its own, a few buffers ahead of the reader: the network and the
 * hash are busy while the reader decompresses, and a reader on any kind of thread can be interrupted.
 */
final class ResumingBlobStream extends BlobStream {
    private static final int BUFFER_BYTES = 64 << 10;
    private static final int BUFFERS = 8;

    private final BlobDownload download;
    private final Thread downloader;
    private final int bufferBytes;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    // Guarded by lock.
    private final Queue<Chunk> full = new ArrayDeque<>();
    private final Queue<byte[]> empty = new ArrayDeque<>();
    private int allocated;
    private boolean opened;
    private boolean ended;
    private boolean closed;
    private @Nullable RuntimeException failure;

    // Used by the reader only.
    private @Nullable Chunk current;
    private int currentAt;
    private volatile long position;

    private record Chunk(byte[] bytes, int length) {}

    private ResumingBlobStream(BlobDownload download) {
        this.download = download;
        this.position = download.position();
        this.bufferBytes = (int) Math.clamp(download.size() - download.position(), 1, BUFFER_BYTES);
        this.downloader = Thread.ofVirtual().name("blob-download").unstarted(this::download);
    }

    static ResumingBlobStream open(BlobDownload download) throws InterruptedException {
        ResumingBlobStream stream = new ResumingBlobStream(download);
        stream.downloader.start();
        try {
            stream.awaitOpen();
            return stream;
        } catch (InterruptedException | RuntimeException e) {
            stream.close();
            throw e;
        }
    }

    private void awaitOpen() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!opened && failure == null) {
                changed.await();
            }
            if (failure != null) {
                throw failure;
            }
        } finally {
            lock.unlock();
        }
    }

    // The downloader's side.

    private void download() {
        try (download) {
            download.connect();
            update(() -> opened = true);
            while (true) {
                byte[] buffer = takeEmpty();
                int count = download.read(buffer);
                if (count < 0) {
                    update(() -> ended = true);
                    return;
                }
                update(() -> full.add(new Chunk(buffer, count)));
            }
        } catch (InterruptedException e) {
            GantryException cancelled = GantryException.of(ErrorKind.CANCELLED, download.action(), "cancelled")
                    .causedBy(e);
            update(() -> failure = cancelled);
        } catch (GantryException e) {
            update(() -> failure = e);
        } catch (RuntimeException | Error e) {
            GantryException internal = GantryException.of(ErrorKind.INTERNAL, download.action(), "unexpected " + e)
                    .causedBy(e);
            update(() -> failure = internal);
        }
    }

    private byte[] takeEmpty() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (empty.isEmpty() && allocated >= BUFFERS && !closed) {
                changed.await();
            }
            if (closed) {
                throw new InterruptedException("closed");
            }
            byte[] known = empty.poll();
            if (known != null) {
                return known;
            }
            allocated++;
        } finally {
            lock.unlock();
        }
        return new byte[bufferBytes];
    }

    private void update(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    // The reader's side.

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
    public int read(byte[] target, int offset, int length) throws IOException {
        Objects.checkFromIndexSize(offset, length, target.length);
        if (length == 0) {
            return 0;
        }
        Chunk chunk = current == null ? nextChunk() : current;
        if (chunk == null) {
            return -1;
        }
        int count = Math.min(length, chunk.length() - currentAt);
        System.arraycopy(chunk.bytes(), currentAt, target, offset, count);
        currentAt += count;
        position += count;
        if (currentAt == chunk.length()) {
            current = null;
            update(() -> empty.add(chunk.bytes()));
        }
        return count;
    }

    private @Nullable Chunk nextChunk() throws IOException {
        try {
            lock.lockInterruptibly();
            try {
                while (full.isEmpty() && !ended && failure == null && !closed) {
                    changed.await();
                }
                if (closed) {
                    throw new IOException("the stream of " + download.action() + " is closed");
                }
                Chunk next = full.poll();
                if (next == null && failure != null) {
                    throw failure;
                }
                current = next;
                currentAt = 0;
                return next;
            } finally {
                lock.unlock();
            }
        } catch (InterruptedException e) {
            close();
            Thread.currentThread().interrupt();
            InterruptedIOException cancelled = new InterruptedIOException(download.action() + ": cancelled");
            cancelled.initCause(e);
            throw cancelled;
        }
    }

    @Override
    public int available() {
        Chunk chunk = current;
        return chunk == null ? 0 : chunk.length() - currentAt;
    }

    @Override
    public long position() {
        return position;
    }

    @Override
    public int reconnects() {
        return download.reconnects();
    }

    @Override
    public void close() {
        update(() -> {
            closed = true;
            full.clear();
            empty.clear();
        });
        downloader.interrupt();
    }
}
