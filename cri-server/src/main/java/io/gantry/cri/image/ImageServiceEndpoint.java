package io.gantry.cri.image;

import io.gantry.cri.grpc.Calls;
import io.gantry.cri.translate.ImageMessages;
import io.gantry.cri.translate.VerboseInfo;
import io.gantry.cri.v1.ImageFilter;
import io.gantry.cri.v1.ImageFsInfoRequest;
import io.gantry.cri.v1.ImageFsInfoResponse;
import io.gantry.cri.v1.ImageServiceGrpc;
import io.gantry.cri.v1.ImageSpec;
import io.gantry.cri.v1.ImageStatusRequest;
import io.gantry.cri.v1.ImageStatusResponse;
import io.gantry.cri.v1.ListImagesRequest;
import io.gantry.cri.v1.ListImagesResponse;
import io.gantry.cri.v1.PullImageRequest;
import io.gantry.cri.v1.PullImageResponse;
import io.gantry.cri.v1.RemoveImageRequest;
import io.gantry.cri.v1.RemoveImageResponse;
import io.gantry.cri.v1.StreamImagesRequest;
import io.gantry.cri.v1.StreamImagesResponse;
import io.gantry.image.service.Image;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** ImageService of CRI. Every method translates its request, delegates, and translates the result. */
public final class ImageServiceEndpoint extends ImageServiceGrpc.ImageServiceImplBase {
    private final ImageOperations images;
    private final Set<String> handlers;

    /** @param handlers names of the runtime handlers that a request may name */
    public ImageServiceEndpoint(ImageOperations images, Set<String> handlers) {
        this.images = images;
        this.handlers = Set.copyOf(handlers);
    }

    @Override
    public void listImages(ListImagesRequest request, StreamObserver<ListImagesResponse> client) {
        Calls.answer(client, () -> ImageMessages.list(matching(request.getFilter())));
    }

    @Override
    public void streamImages(StreamImagesRequest request, StreamObserver<StreamImagesResponse> client) {
        Calls.stream(client, () -> matching(request.getFilter()), ImageMessages::streamed);
    }

    private List<Image> matching(ImageFilter filter) {
        requireHandler(filter.getImage(), "list images");
        return images.list(ImageMessages.filter(filter));
    }

    @Override
    public void imageStatus(ImageStatusRequest request, StreamObserver<ImageStatusResponse> client) {
        Calls.answer(client, () -> {
            requireHandler(request.getImage(), "tell the status of image");
            Optional<Image> image = images.find(ImageMessages.name(request.getImage(), "tell the status of image"));
            ImageStatusResponse.Builder response = ImageStatusResponse.newBuilder();
            image.ifPresent(found -> {
                response.setImage(ImageMessages.image(found));
                if (request.getVerbose()) {
                    response.putAllInfo(VerboseInfo.of(found));
                }
            });
            return response.build();
        });
    }

    @Override
    public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> client) {
        Calls.answer(client, () -> {
            requireHandler(request.getImage(), "pull image");
            String id = images.pull(ImageMessages.pull(request), ImageMessages.puller(request))
                    .id();
            return PullImageResponse.newBuilder().setImageRef(id).build();
        });
    }

    @Override
    public void removeImage(RemoveImageRequest request, StreamObserver<RemoveImageResponse> client) {
        Calls.answer(client, () -> {
            requireHandler(request.getImage(), "remove image");
            images.remove(ImageMessages.name(request.getImage(), "remove image"));
            return RemoveImageResponse.getDefaultInstance();
        });
    }

    @Override
    public void imageFsInfo(ImageFsInfoRequest request, StreamObserver<ImageFsInfoResponse> client) {
        Calls.answer(client, () -> ImageMessages.usage(images.imageFsUsage(), images.containerFsUsage()));
    }

    private void requireHandler(ImageSpec spec, String action) {
        String handler = spec.getRuntimeHandler();
        if (!handler.isEmpty() && !handlers.contains(handler)) {
            throw GantryException.of(
                            ErrorKind.NOT_FOUND,
                            action + " " + spec.getImage(),
                            "there is no runtime handler \"" + handler + "\"")
                    .withRemedy("add a section [runtime.handlers." + handler + "] to gantry.toml");
        }
    }
}
