package io.gantry.cri.image;

import io.gantry.image.service.FsUsage;
import io.gantry.image.service.Image;
import io.gantry.image.service.PullRequest;
import io.gantry.image.service.PullResult;
import io.gantry.pod.activity.Subject;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What ImageService of CRI needs of images; the contract is that of {@link io.gantry.image.service.ImageService}. */
public interface ImageOperations {
    /** @param pod the pod that waits for it, where that is known */
    PullResult pull(PullRequest request, Subject pod) throws InterruptedException;

    List<Image> list(@Nullable String filter);

    Optional<Image> find(String reference);

    void remove(String reference) throws InterruptedException;

    FsUsage imageFsUsage();

    FsUsage containerFsUsage();
}
