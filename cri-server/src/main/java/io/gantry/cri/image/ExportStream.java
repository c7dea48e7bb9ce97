package io.gantry.cri.image;

import com.google.protobuf.UnsafeByteOperations;
import io.gantry.cri.v1.images.ExportPiece;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;

/** An archive as it is written, in pieces to a client that says how fast. */
final class ExportStream extends OutputStream {
    private static final int PIECE = 256 << 10;
    private static final Duration POLL = Duration.ofMillis(2);

    private final StreamObserver<ExportPiece> client;
    private byte[] piece = new byte[PIECE];
    private int filled;

    ExportStream(StreamObserver<ExportPiece> client) {
        this.client = client;
    }

    @Override
    public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] data, int offset, int length) throws IOException {
        int from = offset;
        int left = length;
        while (left > 0) {
            int count = Math.min(left, piece.length - filled);
            System.arraycopy(data, from, piece, filled, count);
            filled += count;
            from += count;
            left -= count;
            if (filled == piece.length) {
                send();
            }
        }
    }

    /** Sends what is left. */
    @Override
    public void flush() throws IOException {
        if (filled > 0) {
            send();
        }
    }

    private void send() throws IOException {
        awaitReady();
        // The array is given away, so a new one is needed.
        client.onNext(ExportPiece.newBuilder()
                .setData(UnsafeByteOperations.unsafeWrap(piece, 0, filled))
                .build());
        piece = new byte[PIECE];
        filled = 0;
    }

    /** What the client does not take waits here, not in gRPC's unbounded queue. */
    private void awaitReady() throws IOException {
        if (client instanceof ServerCallStreamObserver<ExportPiece> call) {
            while (!call.isReady()) {
                if (call.isCancelled()) {
                    throw new IOException("the client went away");
                }
                try {
                    Thread.sleep(POLL);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new java.io.InterruptedIOException("interrupted");
                }
            }
        }
    }
}
