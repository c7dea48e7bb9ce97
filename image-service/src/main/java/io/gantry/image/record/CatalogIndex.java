package io.gantry.image.record;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** All images at one moment, by id and by every name. Immutable. */
final class CatalogIndex {
    private static final Pattern HEX = Pattern.compile("[0-9a-f]{1,128}");
    private static final String SHA256 = "sha256:";

    private final NavigableMap<String, StoredImage> byId = new TreeMap<>();
    private final Map<String, StoredImage> byName = new HashMap<>();

    CatalogIndex(Collection<StoredImage> images) {
        for (StoredImage image : images) {
            byId.put(image.record().id(), image);
            image.record().repoTags().forEach(tag -> byName.put(tag, image));
            image.record().repoDigests().forEach(digest -> byName.put(digest, image));
        }
    }

    List<StoredImage> all() {
        return List.copyOf(byId.values());
    }

    @Nullable
    StoredImage byId(String id) {
        return byId.get(id);
    }

    @Nullable
    StoredImage byName(String name) {
        return byName.get(name);
    }

    /**
     * The image that a user means: by id, by name, or by the beginning of an id, in this order.
     *
     * @throws GantryException INVALID_ARGUMENT when several ids begin so
     */
    Optional<StoredImage> find(String text) {
        StoredImage exact = byId.get(text);
        if (exact == null) {
            exact = byId.get(SHA256 + text);
        }
        if (exact == null) {
            exact = named(text);
        }
        return exact != null ? Optional.of(exact) : byPrefix(text);
    }

    private @Nullable StoredImage named(String text) {
        ImageReference reference;
        try {
            reference = ImageReference.parse(text);
        } catch (GantryException _) {
            return null;
        }
        Digest digest = reference.digest();
        String name = digest == null ? reference.repoTag() : reference.repoDigest(digest);
        return name == null ? null : byName.get(name);
    }

    private Optional<StoredImage> byPrefix(String text) {
        String hex = text.startsWith(SHA256) ? text.substring(SHA256.length()) : text;
        if (!HEX.matcher(hex).matches()) {
            return Optional.empty();
        }
        List<StoredImage> matches = byId.tailMap(SHA256 + hex).entrySet().stream()
                .takeWhile(entry -> entry.getKey().startsWith(SHA256 + hex))
                .map(Map.Entry::getValue)
                .limit(2)
                .toList();
        if (matches.size() > 1) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT, "find image " + text, "several image ids begin with this")
                    .withRemedy("give more digits");
        }
        return matches.stream().findFirst();
    }
}
