package io.gantry.cri.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.v1.images.ExportPiece;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.grpc.stub.ServerCallStreamObserver;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExportStreamTests {
    private final Client client = new Client();
    private final ExportStream stream = new ExportStream(client);

    @Test
    void theLastPieceIsSentByFlush() {
        stream.write(new byte[] {1, 2, 3}, 0, 3);
        assertThat(client.pieces).isEmpty();
        stream.flush();
        stream.flush();

        assertThat(client.pieces).hasSize(1);
        assertThat(client.pieces.getFirst().getData().toByteArray()).containsExactly(1, 2, 3);
    }

    @Test
    void aClientThatIsGoneAtTheLastPieceIsNoDefect() {
        stream.write(1);
        client.gone = true;

        assertThatThrownBy(stream::flush)
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.CANCELLED))
                .hasMessage("export images: the client went away");
    }

    private static final class Client extends ServerCallStreamObserver<ExportPiece> {
        final List<ExportPiece> pieces = new ArrayList<>();
        boolean gone;

        @Override
        public boolean isReady() {
            return !gone;
        }

        @Override
        public boolean isCancelled() {
            return gone;
        }

        @Override
        public void onNext(ExportPiece piece) {
            pieces.add(piece);
        }

        @Override
        public void onError(Throwable failure) {
            throw new UnsupportedOperationException(failure);
        }

        @Override
        public void onCompleted() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void setCompression(String compression) {
            throw new UnsupportedOperationException();
        }

        @Override
        @SuppressWarnings("deprecation")
        public void disableAutoInboundFlowControl() {
            throw new UnsupportedOperationException();
        }

        @Override
        public void setOnReadyHandler(Runnable handler) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void request(int count) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void setMessageCompression(boolean enable) {
            throw new UnsupportedOperationException();
        }
    }
}
