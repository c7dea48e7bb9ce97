package io.gantry.cri.daemon;

import io.gantry.cri.image.ImageOperations;
import io.gantry.image.service.FsUsage;
import io.gantry.image.service.Image;
import io.gantry.image.service.ImageService;
import io.gantry.image.service.PullRequest;
import io.gantry.image.service.PullResult;
import io.gantry.pod.activity.Activities;
import io.gantry.pod.activity.Subject;
import io.gantry.pod.activity.Verb;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The images of this node. */
record DelegatingImages(ImageService images, Activities activities) implements ImageOperations {
    @Override
    public PullResult pull(PullRequest request, Subject pod) throws InterruptedException {
        return activities.call(
                Verb.PULL_IMAGE,
                pod,
                activity -> images.pull(
                        request,
                        progress ->
                                activity.watched("pull", () -> PullActivity.describe(request.reference(), progress))));
    }

    @Override
    public List<Image> list(@Nullable String filter) {
        return images.list(filter);
    }

    @Override
    public Optional<Image> find(String reference) {
        return images.find(reference);
    }

    @Override
    public void remove(String reference) {
        images.remove(reference);
    }

    @Override
    public FsUsage imageFsUsage() {
        return images.imageFsUsage();
    }

    @Override
    public FsUsage containerFsUsage() {
        return images.containerFsUsage();
    }
}
