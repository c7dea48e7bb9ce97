package io.gantry.cri.translate;

import io.gantry.cri.v1.AuthConfig;
import io.gantry.cri.v1.FilesystemIdentifier;
import io.gantry.cri.v1.FilesystemUsage;
import io.gantry.cri.v1.ImageFilter;
import io.gantry.cri.v1.ImageFsInfoResponse;
import io.gantry.cri.v1.Int64Value;
import io.gantry.cri.v1.ListImagesResponse;
import io.gantry.cri.v1.PullImageRequest;
import io.gantry.cri.v1.StreamImagesResponse;
import io.gantry.cri.v1.UInt64Value;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.service.FsUsage;
import io.gantry.image.service.Image;
import io.gantry.image.service.PullRequest;
import io.gantry.pod.activity.Subject;
import io.gantry.pod.config.ImageSpec;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Images: what is asked for, and what there is. */
public final class ImageMessages {
    private ImageMessages() {}

    /**
     * What PullImage asks for. The sandbox config in the request says for whom the pull is; nothing of it changes what is
     * pulled.
     */
    public static PullRequest pull(PullImageRequest request) {
        io.gantry.cri.v1.ImageSpec image = request.getImage();
        Checks checks = new Checks("pull image " + image.getImage());
        checks.notEmpty(image.getImage(), "image.image");
        return new PullRequest(
                image.getImage(),
                request.hasAuth() ? credentials(request.getAuth()) : null,
                image.getAnnotationsMap(),
                image.getRuntimeHandler().isEmpty() ? null : image.getRuntimeHandler());
    }

    /** The pod that waits for the image; nothing is known of it where a request does not name one. */
    public static Subject puller(PullImageRequest request) {
        var metadata = request.getSandboxConfig().getMetadata();
        return new Subject(metadata.getNamespace(), metadata.getName(), "", "", "");
    }

    /** Null for a message in which nothing is set, as the kubelet sends it for a public image. */
    private static @Nullable RegistryCredentials credentials(AuthConfig auth) {
        return auth.equals(AuthConfig.getDefaultInstance())
                ? null
                : new RegistryCredentials(
                        auth.getUsername(),
                        auth.getPassword(),
                        auth.getAuth(),
                        auth.getServerAddress(),
                        auth.getIdentityToken(),
                        auth.getRegistryToken());
    }

    /** The image that a request names. */
    public static String name(io.gantry.cri.v1.ImageSpec message, String action) {
        return new Checks(action).notEmpty(message.getImage(), "image.image");
    }

    /** The name to filter by, null for every image. */
    public static @Nullable String filter(ImageFilter filter) {
        String name = filter.getImage().getImage();
        return name.isEmpty() ? null : name;
    }

    static ImageSpec spec(io.gantry.cri.v1.ImageSpec message, Checks checks, String field) {
        return new ImageSpec(
                checks.noZero(message.getImage(), field + ".image"),
                message.getAnnotationsMap(),
                message.getUserSpecifiedImage(),
                message.getRuntimeHandler(),
                message.getImageRef());
    }

    static io.gantry.cri.v1.ImageSpec toMessage(ImageSpec spec) {
        return io.gantry.cri.v1.ImageSpec.newBuilder()
                .setImage(spec.image())
                .putAllAnnotations(spec.annotations())
                .setUserSpecifiedImage(spec.userSpecifiedImage())
                .setRuntimeHandler(spec.runtimeHandler())
                .setImageRef(spec.imageRef())
                .build();
    }

    public static ListImagesResponse list(List<Image> images) {
        return ListImagesResponse.newBuilder()
                .addAllImages(images.stream().map(ImageMessages::image).toList())
                .build();
    }

    public static StreamImagesResponse streamed(List<Image> images) {
        return StreamImagesResponse.newBuilder()
                .addAllImages(images.stream().map(ImageMessages::image).toList())
                .build();
    }

    /** An image; its user as a number or as a name, never both. */
    public static io.gantry.cri.v1.Image image(Image image) {
        io.gantry.cri.v1.Image.Builder message = io.gantry.cri.v1.Image.newBuilder()
                .setId(image.id())
                .addAllRepoTags(image.repoTags())
                .addAllRepoDigests(image.repoDigests())
                .setSize(image.size())
                .setSpec(io.gantry.cri.v1.ImageSpec.newBuilder()
                        .setImage(image.id())
                        .putAllAnnotations(image.annotations()))
                .setPinned(image.pinned());
        if (image.uid() != null) {
            message.setUid(Int64Value.newBuilder().setValue(image.uid()));
        } else {
            message.setUsername(image.username());
        }
        return message.build();
    }

    /** @param containers disk space of the containers' writable layers */
    public static ImageFsInfoResponse usage(FsUsage images, FsUsage containers) {
        return ImageFsInfoResponse.newBuilder()
                .addImageFilesystems(usage(images))
                .addContainerFilesystems(usage(containers))
                .build();
    }

    private static FilesystemUsage usage(FsUsage usage) {
        return FilesystemUsage.newBuilder()
                .setTimestamp(Checks.nanos(usage.timestamp()))
                .setFsId(FilesystemIdentifier.newBuilder()
                        .setMountpoint(usage.mountpoint().toString()))
                .setUsedBytes(UInt64Value.newBuilder().setValue(usage.usedBytes()))
                .setInodesUsed(UInt64Value.newBuilder().setValue(usage.inodesUsed()))
                .build();
    }
}
