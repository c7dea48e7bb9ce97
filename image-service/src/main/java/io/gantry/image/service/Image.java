package io.gantry.image.service;

import io.gantry.image.record.ImageRecord;
import io.gantry.image.record.StoredImage;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An image that can run.
 *
 * @param id digest of its config, {@code sha256:…}
 * @param repoTags full names with tags
 * @param repoDigests full names with digests, the one pulled last at the end
 * @param size bytes of disk space, each layer counted once
 * @param uid the user's number, when the image names its user by number
 * @param username the user's name, when the image names its user by name, else empty; never together with {@code uid}
 * @param pinned whether garbage collection should leave it alone
 * @param layers diffIDs, lowest first
 * @param annotations of its manifest
 * @param createdAt when it was built, null when it does not say
 * @param pulledAt when it came to this node
 * @param configDocument its whole config as it came
 */
public record Image(
        String id,
        List<String> repoTags,
        List<String> repoDigests,
        long size,
        @Nullable Long uid,
        String username,
        boolean pinned,
        ImageConfig config,
        List<String> layers,
        Map<String, String> annotations,
        @Nullable Instant createdAt,
        Instant pulledAt,
        String configDocument) {
    public Image {
        repoTags = List.copyOf(repoTags);
        repoDigests = List.copyOf(repoDigests);
        layers = List.copyOf(layers);
        annotations = Map.copyOf(annotations);
        if (uid != null && !username.isEmpty()) {
            throw new IllegalArgumentException("an image has a uid or a username, not both: " + id);
        }
    }

    static Image of(StoredImage stored, PinnedImages pinned) {
        ImageRecord record = stored.record();
        ImageConfig config = ImageConfig.of(stored.config());
        ImageUser user = ImageUser.of(config.user());
        return new Image(
                record.id(),
                record.repoTags(),
                record.repoDigests(),
                record.size(),
                user.uid(),
                user.username(),
                pinned.matches(record),
                config,
                stored.diffIds().stream().map(Object::toString).toList(),
                record.annotations(),
                stored.config().created(),
                record.pulledAt(),
                record.config());
    }
}
