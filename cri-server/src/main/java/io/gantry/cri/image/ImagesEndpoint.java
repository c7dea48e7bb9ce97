package io.gantry.cri.image;

import io.gantry.cri.grpc.Calls;
import io.gantry.cri.translate.StoreMessages;
import io.gantry.cri.v1.images.ExportPiece;
import io.gantry.cri.v1.images.ExportRequest;
import io.gantry.cri.v1.images.ImagesGrpc;
import io.gantry.cri.v1.images.ImportRequest;
import io.gantry.cri.v1.images.ImportResponse;
import io.gantry.cri.v1.images.LayerVerdict;
import io.gantry.cri.v1.images.LoadFromDockerRequest;
import io.gantry.cri.v1.images.PullRequest;
import io.gantry.cri.v1.images.PullUpdate;
import io.gantry.cri.v1.images.VerifyRequest;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.progress.LayerProgress;
import io.gantry.image.progress.ProgressTicker;
import io.gantry.image.progress.PullProgress;
import io.gantry.platform.concurrent.OwnThread;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Gantry's own image calls. Every method translates its request, delegates, and translates the result. */
public final class ImagesEndpoint extends ImagesGrpc.ImagesImplBase {
    private final StoreOperations store;

    public ImagesEndpoint(StoreOperations store) {
        this.store = store;
    }

    @Override
    public void pull(PullRequest request, StreamObserver<PullUpdate> client) {
        Calls.feed(client, () -> {
            AtomicReference<@Nullable PullProgress> watched = new AtomicReference<>();
            String id;
            try (ProgressTicker ticker = new ProgressTicker(new Updates(client))) {
                id = store.pull(StoreMessages.pull(request), progress -> {
                            watched.set(progress);
                            ticker.watch(progress);
                        })
                        .id();
            }
            // The last look is at the end: layers that were here already are complete only then.
            PullProgress progress = watched.get();
            PullUpdate last =
                    progress == null ? PullUpdate.getDefaultInstance() : StoreMessages.update(progress.layers());
            client.onNext(last.toBuilder().setId(id).build());
        });
    }

    /** Tells what is new, to a client that is ready for it. */
    private static final class Updates implements Consumer<List<LayerProgress>> {
        private final StreamObserver<PullUpdate> client;
        private PullUpdate last = PullUpdate.getDefaultInstance();

        Updates(StreamObserver<PullUpdate> client) {
            this.client = client;
        }

        @Override
        public void accept(List<LayerProgress> layers) {
            PullUpdate now = StoreMessages.update(layers);
            boolean ready = !(client instanceof ServerCallStreamObserver<PullUpdate> call) || call.isReady();
            if (ready && !now.equals(last)) {
                client.onNext(now);
                last = now;
            }
        }
    }

    @Override
    public StreamObserver<ImportRequest> import_(StreamObserver<ImportResponse> client) {
        return new ImportCall(store, client);
    }

    @Override
    public void loadFromDocker(LoadFromDockerRequest request, StreamObserver<ImportResponse> client) {
        Calls.answer(
                client,
                () -> StoreMessages.imported(OwnThread.call(
                        "gantry-docker-load",
                        () -> store.loadFromDocker(Path.of(request.getSocket()), request.getNamesList()))));
    }

    @Override
    public void export(ExportRequest request, StreamObserver<ExportPiece> client) {
        Calls.feed(client, () -> {
            var format = StoreMessages.format(request);
            List<ExportedImage> exported = OwnThread.call("gantry-export", () -> {
                ExportStream out = new ExportStream(client);
                List<ExportedImage> images = store.exportArchive(request.getImagesList(), format, out);
                out.flush();
                return images;
            });
            client.onNext(StoreMessages.exported(exported));
        });
    }

    @Override
    public void verify(VerifyRequest request, StreamObserver<LayerVerdict> client) {
        Calls.feed(
                client,
                () -> OwnThread.call(
                        "gantry-verify",
                        () -> store.verify(
                                request.getRepair(), verdict -> client.onNext(StoreMessages.verdict(verdict)))));
    }
}
