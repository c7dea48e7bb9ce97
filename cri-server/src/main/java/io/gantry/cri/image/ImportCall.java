package io.gantry.cri.image;

import io.gantry.cri.grpc.StatusMapping;
import io.gantry.cri.translate.StoreMessages;
import io.gantry.cri.v1.images.ImportRequest;
import io.gantry.cri.v1.images.ImportResponse;
import io.gantry.image.service.Image;
import io.gantry.platform.concurrent.OwnThread;
import io.grpc.stub.StreamObserver;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.jspecify.annotations.Nullable;

/** One import: by path, done when the client has said all; or of bytes that are read while they come. */
final class ImportCall implements StreamObserver<ImportRequest> {
    private final StoreOperations store;
    private final StreamObserver<ImportResponse> client;
    private @Nullable ImportRequest first;
    private @Nullable UploadStream upload;
    private @Nullable FutureTask<List<Image>> running;
    private @Nullable Thread thread;

    ImportCall(StoreOperations store, StreamObserver<ImportResponse> client) {
        this.store = store;
        this.client = client;
    }

    @Override
    public void onNext(ImportRequest message) {
        try {
            if (first == null) {
                first = message;
                if (message.getPath().isEmpty()) {
                    begin(message);
                }
            }
            if (upload != null) {
                upload.give(message.getData().toByteArray());
            }
        } catch (InterruptedException e) {
            abort("the import was cancelled");
        }
    }

    private void begin(ImportRequest message) {
        UploadStream stream = new UploadStream();
        String name = name(message);
        FutureTask<List<Image>> task = new FutureTask<>(() -> {
            try (stream) {
                return store.importArchive(stream, "standard input", name);
            }
        });
        upload = stream;
        running = task;
        thread = Thread.ofPlatform().name("gantry-import").daemon(true).start(task);
    }

    private static @Nullable String name(ImportRequest message) {
        return message.getName().isEmpty() ? null : message.getName();
    }

    @Override
    public void onError(Throwable gone) {
        abort("the client went away before the archive was complete");
    }

    private void abort(String problem) {
        if (upload != null) {
            upload.breakOff(problem);
        }
        if (thread != null) {
            thread.interrupt();
        }
    }

    @Override
    public void onCompleted() {
        ImportResponse response;
        try {
            response = StoreMessages.imported(result());
        } catch (Throwable failure) {
            client.onError(StatusMapping.status(failure).asRuntimeException());
            return;
        }
        client.onNext(response);
        client.onCompleted();
    }

    private List<Image> result() throws Throwable {
        ImportRequest request = first;
        if (request == null) {
            return List.of();
        }
        FutureTask<List<Image>> task = running;
        if (task == null || upload == null) {
            return OwnThread.call(
                    "gantry-import", () -> store.importArchive(Path.of(request.getPath()), name(request)));
        }
        try {
            upload.end();
            return task.get();
        } catch (InterruptedException e) {
            abort("the import was cancelled");
            throw e;
        } catch (ExecutionException e) {
            throw e.getCause() == null ? e : e.getCause();
        }
    }
}
