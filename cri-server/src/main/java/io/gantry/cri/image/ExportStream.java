package io.gantry.cri.image;

import com.google.protobuf.UnsafeByteOperations;
import io.gantry.cri.v1.images.ExportPiece;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.io.OutputStream;
import java.time.Duration;

/**
 * An archive as it is written, in pieces to a client that says how fast. Writing throws a {@link GantryException} CANCELLED
 * when the client is gone.
 */
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
    public void write(int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] data, int offset, int length) {
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
    public void flush() {
        if (filled > 0) {
            send();
        }
    }

    private void send() {
        awaitReady();
        // The array is given away, so a new one is needed.
        client.onNext(ExportPiece.newBuilder()
                .setData(UnsafeByteOperations.unsafeWrap(piece, 0, filled))
                .build());
        piece = new byte[PIECE];
        filled = 0;
    }

    /**
     * What the client does not take waits here, not in gRPC's unbounded queue. It asks again and again, since gRPC tells that
     * a client is ready on the call's own thread, which waits for the export.
     */
    private void awaitReady() {
        if (client instanceof ServerCallStreamObserver<ExportPiece> call) {
            while (!call.isReady()) {
                if (call.isCancelled()) {
                    throw cancelled("the client went away");
                }
                try {
                    Thread.sleep(POLL);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw cancelled("interrupted");
                }
            }
        }
    }

    private static GantryException cancelled(String problem) {
        return GantryException.of(ErrorKind.CANCELLED, "export images", problem);
    }
}
