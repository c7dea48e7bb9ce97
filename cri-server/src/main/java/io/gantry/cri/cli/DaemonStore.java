package io.gantry.cri.cli;

import com.google.protobuf.UnsafeByteOperations;
import io.gantry.cri.v1.images.ExportPiece;
import io.gantry.cri.v1.images.ExportRequest;
import io.gantry.cri.v1.images.ImportRequest;
import io.gantry.cri.v1.images.ImportResponse;
import io.gantry.cri.v1.images.LoadFromDockerRequest;
import io.gantry.cri.v1.images.PullRequest;
import io.gantry.cri.v1.images.PullUpdate;
import io.gantry.cri.v1.images.VerifyRequest;
import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.progress.LayerProgress;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.verify.LayerVerdict;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.FileErrors;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The store through the daemon, which does the work; files are named to it by their absolute paths. */
record DaemonStore(CriClient client) implements ImageStore {
    private static final int PIECE = 256 << 10;

    @Override
    public String pull(
            String image, @Nullable RegistryCredentials credentials, Consumer<List<LayerProgress>> progress) {
        PullRequest.Builder request = PullRequest.newBuilder().setImage(image);
        if (credentials != null) {
            request.setUsername(credentials.username())
                    .setPassword(credentials.password())
                    .setIdentityToken(credentials.identityToken())
                    .setRegistryToken(credentials.registryToken());
        }
        String id = "";
        for (Iterator<PullUpdate> updates = client.store().pull(request.build()); updates.hasNext(); ) {
            PullUpdate update = updates.next();
            id = update.getId();
            if (update.getLayersCount() > 0) {
                progress.accept(
                        update.getLayersList().stream().map(DaemonStore::layer).toList());
            }
        }
        return id;
    }

    private static LayerProgress layer(io.gantry.cri.v1.images.LayerProgress message) {
        return new LayerProgress(
                message.getDigest(),
                message.getSize(),
                message.getReceived(),
                switch (message.getState()) {
                    case WAITING, UNRECOGNIZED -> LayerProgress.State.WAITING;
                    case PULLING -> LayerProgress.State.PULLING;
                    case RECEIVED -> LayerProgress.State.RECEIVED;
                });
    }

    @Override
    public List<Imported> importPath(Path archive, @Nullable String name) throws InterruptedException {
        ImportRequest request = ImportRequest.newBuilder()
                .setPath(archive.toAbsolutePath().normalize().toString())
                .setName(name == null ? "" : name)
                .build();
        return send(call -> call.write(request));
    }

    @Override
    public List<Imported> importStream(InputStream archive, @Nullable String name) throws InterruptedException {
        return send(call -> {
            boolean open = call.write(
                    ImportRequest.newBuilder().setName(name == null ? "" : name).build());
            byte[] piece = new byte[PIECE];
            try {
                for (int count = archive.read(piece); count >= 0 && open; count = archive.read(piece)) {
                    open = call.write(ImportRequest.newBuilder()
                            .setData(UnsafeByteOperations.unsafeWrap(piece, 0, count))
                            .build());
                    piece = new byte[PIECE];
                }
            } catch (IOException e) {
                call.cancel("standard input broke off", e);
                throw GantryException.of(ErrorKind.DATA_LOSS, "read standard input", e.toString())
                        .causedBy(e);
            }
        });
    }

    private interface Sender {
        void send(BlockingClientCall<ImportRequest, ImportResponse> call) throws StatusException, InterruptedException;
    }

    private List<Imported> send(Sender sender) throws InterruptedException {
        BlockingClientCall<ImportRequest, ImportResponse> call =
                client.imports().import_();
        try {
            sender.send(call);
            call.halfClose();
            return imported(call.read());
        } catch (StatusException e) {
            throw e.getStatus().asRuntimeException();
        }
    }

    private static List<Imported> imported(@Nullable ImportResponse response) {
        return response == null
                ? List.of()
                : response.getImagesList().stream()
                        .map(image -> new Imported(image.getId(), image.getNamesList()))
                        .toList();
    }

    @Override
    public List<Imported> loadFromDocker(Path socket, List<String> names) {
        return imported(client.store()
                .loadFromDocker(LoadFromDockerRequest.newBuilder()
                        .setSocket(socket.toAbsolutePath().normalize().toString())
                        .addAllNames(names)
                        .build()));
    }

    @Override
    public List<ExportedImage> export(List<String> images, ArchiveFormat format, OutputStream out) {
        ExportRequest request = ExportRequest.newBuilder()
                .addAllImages(images)
                .setFormat(format.name().toLowerCase(Locale.ROOT))
                .build();
        List<ExportedImage> exported = List.of();
        try {
            for (Iterator<ExportPiece> pieces = client.store().export(request); pieces.hasNext(); ) {
                ExportPiece piece = pieces.next();
                piece.getData().writeTo(out);
                exported = piece.getImagesList().stream()
                        .map(image -> new ExportedImage(image.getId(), image.getArchiveId(), image.getNamesList()))
                        .toList();
            }
            return exported;
        } catch (IOException e) {
            throw FileErrors.during("write the archive", e);
        }
    }

    @Override
    public void verify(boolean repair, Consumer<LayerVerdict> report) {
        VerifyRequest request = VerifyRequest.newBuilder().setRepair(repair).build();
        client.store().verify(request).forEachRemaining(message -> report.accept(verdict(message)));
    }

    private static LayerVerdict verdict(io.gantry.cri.v1.images.LayerVerdict message) {
        return new LayerVerdict(
                message.getDiffId(),
                message.getImagesList(),
                switch (message.getState()) {
                    case GOOD -> LayerVerdict.State.GOOD;
                    case SEALED -> LayerVerdict.State.SEALED;
                    case DAMAGED, UNRECOGNIZED -> LayerVerdict.State.DAMAGED;
                    case REPAIRED -> LayerVerdict.State.REPAIRED;
                    case LOST -> LayerVerdict.State.LOST;
                },
                message.getDetail());
    }

    @Override
    public void close() {
        client.close();
    }
}
