package io.gantry.cri.translate;

import io.gantry.cri.v1.images.ExportPiece;
import io.gantry.cri.v1.images.ExportRequest;
import io.gantry.cri.v1.images.ImportResponse;
import io.gantry.cri.v1.images.ImportedImage;
import io.gantry.cri.v1.images.LayerProgress;
import io.gantry.cri.v1.images.LayerVerdict;
import io.gantry.cri.v1.images.PullUpdate;
import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.service.Image;
import io.gantry.image.service.PullRequest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.List;
import java.util.Map;

/** Messages of Gantry's own image calls. */
public final class StoreMessages {
    private StoreMessages() {}

    public static PullRequest pull(io.gantry.cri.v1.images.PullRequest request) {
        RegistryCredentials credentials = new RegistryCredentials(
                request.getUsername(),
                request.getPassword(),
                "",
                "",
                request.getIdentityToken(),
                request.getRegistryToken());
        return new PullRequest(
                new Checks("pull image " + request.getImage()).notEmpty(request.getImage(), "image"),
                credentials.isEmpty() ? null : credentials,
                Map.of(),
                null);
    }

    public static PullUpdate update(List<io.gantry.image.progress.LayerProgress> layers) {
        PullUpdate.Builder update = PullUpdate.newBuilder();
        for (io.gantry.image.progress.LayerProgress layer : layers) {
            update.addLayers(LayerProgress.newBuilder()
                    .setDigest(layer.digest())
                    .setSize(layer.size())
                    .setReceived(layer.received())
                    .setState(
                            switch (layer.state()) {
                                case WAITING -> LayerProgress.State.WAITING;
                                case PULLING -> LayerProgress.State.PULLING;
                                case RECEIVED -> LayerProgress.State.RECEIVED;
                            }));
        }
        return update.build();
    }

    public static ImportResponse imported(List<Image> images) {
        ImportResponse.Builder response = ImportResponse.newBuilder();
        for (Image image : images) {
            response.addImages(ImportedImage.newBuilder().setId(image.id()).addAllNames(image.repoTags()));
        }
        return response.build();
    }

    public static ArchiveFormat format(ExportRequest request) {
        return switch (request.getFormat()) {
            case "", "oci" -> ArchiveFormat.OCI;
            case "docker" -> ArchiveFormat.DOCKER;
            default ->
                throw GantryException.of(
                        ErrorKind.INVALID_ARGUMENT,
                        "export images " + String.join(", ", request.getImagesList()),
                        "format is neither oci nor docker");
        };
    }

    public static ExportPiece exported(List<ExportedImage> images) {
        ExportPiece.Builder piece = ExportPiece.newBuilder();
        for (ExportedImage image : images) {
            piece.addImages(io.gantry.cri.v1.images.ExportedImage.newBuilder()
                    .setId(image.id())
                    .setArchiveId(image.archiveId())
                    .addAllNames(image.names()));
        }
        return piece.build();
    }

    public static LayerVerdict verdict(io.gantry.image.verify.LayerVerdict verdict) {
        return LayerVerdict.newBuilder()
                .setDiffId(verdict.diffId())
                .addAllImages(verdict.images())
                .setDetail(verdict.detail())
                .setState(
                        switch (verdict.state()) {
                            case GOOD -> LayerVerdict.State.GOOD;
                            case SEALED -> LayerVerdict.State.SEALED;
                            case DAMAGED -> LayerVerdict.State.DAMAGED;
                            case REPAIRED -> LayerVerdict.State.REPAIRED;
                            case LOST -> LayerVerdict.State.LOST;
                        })
                .build();
    }
}
