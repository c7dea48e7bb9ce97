package io.gantry.cri.image;

import io.gantry.image.codec.BulkInputStream;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import org.jspecify.annotations.Nullable;

/** Pieces that one thread gives and another one reads as a stream. */
final class UploadStream extends BulkInputStream {
    private static final int PIECES = 16;
    private static final byte[] END = new byte[0];

    private final BlockingQueue<byte[]> pieces = new ArrayBlockingQueue<>(PIECES);
    private byte[] current = new byte[0];
    private int at;
    private boolean ended;
    private volatile @Nullable String broken;
    private volatile boolean closed;

    /** Waits while the reader is behind; pieces after the reader's end are dropped. */
    void give(byte[] piece) throws InterruptedException {
        if (piece.length > 0 && !closed) {
            pieces.put(piece);
        }
    }

    void end() throws InterruptedException {
        if (!closed) {
            pieces.put(END);
        }
    }

    /** The giver is gone: reading fails. */
    void breakOff(String problem) {
        broken = problem;
        pieces.clear();
        boolean unused = pieces.offer(END);
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (at == current.length && !ended) {
            try {
                current = pieces.take();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted");
            }
            at = 0;
            ended = isEnd(current);
        }
        String problem = broken;
        if (problem != null) {
            throw new IOException(problem);
        }
        if (ended) {
            return -1;
        }
        int count = Math.min(length, current.length - at);
        System.arraycopy(current, at, target, offset, count);
        at += count;
        return count;
    }

    /** Lets a waiting giver go. */
    @Override
    public void close() {
        closed = true;
        pieces.clear();
    }

    @SuppressWarnings("ReferenceEquality") // An empty piece of the client is not the end.
    private static boolean isEnd(byte[] piece) {
        return piece == END;
    }
}
