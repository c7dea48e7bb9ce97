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
import io.gantry.image.progress.PullProgress;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** Gantry's own image calls. Every method translates its request, delegates, and translates the result. */
public final class ImagesEndpoint extends ImagesGrpc.ImagesImplBase {
    private static final Duration UPDATES = Duration.ofMillis(150);

    private final StoreOperations store;

    public ImagesEndpoint(StoreOperations store) {
        this.store = store;
    }

    @Override
    public void pull(PullRequest request, StreamObserver<PullUpdate> client) {
        Calls.feed(client, () -> {
            Thread[] ticker = new Thread[1];
            PullProgress[] watched = new PullProgress[1];
            String id;
            try {
                id = store.pull(StoreMessages.pull(request), progress -> {
                            watched[0] = progress;
                            ticker[0] = Thread.ofVirtual().name("pull-progress").start(() -> tell(progress, client));
                        })
                        .id();
            } finally {
                end(ticker[0]);
            }
            // The last look is at the end: layers that were here already are complete only then.
            PullUpdate last =
                    watched[0] == null ? PullUpdate.getDefaultInstance() : StoreMessages.update(watched[0].layers());
            client.onNext(last.toBuilder().setId(id).build());
        });
    }

    /** Until it is interrupted; the only one to send meanwhile. */
    private static void tell(PullProgress progress, StreamObserver<PullUpdate> client) {
        PullUpdate last = PullUpdate.getDefaultInstance();
        try {
            while (true) {
                PullUpdate now = StoreMessages.update(progress.layers());
                boolean ready = !(client instanceof ServerCallStreamObserver<PullUpdate> call) || call.isReady();
                if (ready && !now.equals(last)) {
                    client.onNext(now);
                    last = now;
                }
                Thread.sleep(UPDATES);
            }
        } catch (InterruptedException _) {
            // the pull is over
        } catch (RuntimeException _) {
            // The client is gone, which interrupts the pull itself.
        }
    }

    private static void end(Thread ticker) {
        if (ticker == null) {
            return;
        }
        ticker.interrupt();
        boolean interrupted = false;
        while (ticker.isAlive()) {
            try {
                ticker.join();
            } catch (InterruptedException _) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
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
