package io.gantry.cri.image;

import io.gantry.image.service.FsUsage;
import io.gantry.image.service.Image;
import io.gantry.image.service.ImageConfig;
import io.gantry.image.service.PullRequest;
import io.gantry.image.service.PullResult;
import io.gantry.pod.activity.Subject;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Images in memory; pulling one makes it. */
public final class FakeImages implements ImageOperations {
    public final Map<String, Image> images = new LinkedHashMap<>();
    public @Nullable PullRequest lastPull;

    public static Image image(String id, String tag, @Nullable Long uid, String username) {
        return new Image(
                id,
                List.of(tag),
                List.of(tag.substring(0, tag.lastIndexOf(':')) + "@sha256:ff"),
                1_500_000,
                uid,
                username,
                true,
                config(),
                List.of("sha256:aa"),
                Map.of("note", "x"),
                Instant.ofEpochSecond(5),
                Instant.ofEpochSecond(6),
                "{}");
    }

    private static ImageConfig config() {
        return new ImageConfig(
                "", List.of(), List.of(), List.of("sh"), "", Set.of(), "", Map.of(), Set.of(), "linux", "amd64", null);
    }

    @Override
    public PullResult pull(PullRequest request, Subject pod) {
        lastPull = request;
        Image image =
                image("sha256:" + Integer.toHexString(request.reference().hashCode()), request.reference(), null, "");
        images.put(request.reference(), image);
        return new PullResult(image.id(), image);
    }

    @Override
    public List<Image> list(@Nullable String filter) {
        return images.entrySet().stream()
                .filter(entry -> filter == null || filter.equals(entry.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }

    @Override
    public Optional<Image> find(String reference) {
        return Optional.ofNullable(images.get(reference));
    }

    @Override
    public void remove(String reference) {
        images.remove(reference);
    }

    @Override
    public FsUsage imageFsUsage() {
        return new FsUsage(Path.of("/var/lib/gantry"), 1000, 10, Instant.ofEpochSecond(7));
    }

    @Override
    public FsUsage containerFsUsage() {
        return new FsUsage(Path.of("/var/lib/gantry"), 2000, 20, Instant.ofEpochSecond(8));
    }
}
