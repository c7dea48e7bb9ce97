package io.gantry.image.spec;

import io.gantry.image.reference.Platform;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One image for several platforms: a Docker manifest list or an OCI index.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/image-index.md">image-spec, index</a>
 */
public record ImageIndex(
        String mediaType,
        List<Descriptor> manifests,
        Map<String, String> annotations,
        @Nullable String artifactType) {
    public ImageIndex {
        manifests = List.copyOf(manifests);
        annotations = Map.copyOf(annotations);
    }

    /**
     * Reads an index.
     *
     * @param subject what the document belongs to, for errors: {@code "index of docker.io/library/busybox:1"}
     * @throws GantryException DATA_LOSS with the field that is wrong
     */
    public static ImageIndex parse(byte[] json, String subject) {
        return ManifestReader.readIndex(json, subject);
    }

    /**
     * The entries that run on a platform, best first. Entries that do not name a platform come last (their config says
     * what they are); in the given order where equally good.
     */
    public List<Descriptor> candidates(Platform wanted) {
        TreeMap<Integer, List<Descriptor>> byRank = new TreeMap<>();
        for (Descriptor entry : manifests) {
            if (!MediaTypes.isManifest(entry.mediaType()) && !MediaTypes.isIndex(entry.mediaType())) {
                continue;
            }
            OptionalInt rank =
                    entry.platform() == null ? OptionalInt.of(Integer.MAX_VALUE) : wanted.rank(entry.platform());
            rank.ifPresent(
                    r -> byRank.computeIfAbsent(r, _ -> new ArrayList<>()).add(entry));
        }
        return byRank.values().stream().flatMap(List::stream).toList();
    }

    /**
     * The best entry for a platform.
     *
     * @param action for the error: {@code "pull image docker.io/library/busybox:1"}
     * @throws GantryException NOT_FOUND naming the platforms that there are
     */
    public Descriptor select(Platform wanted, String action) {
        List<Descriptor> candidates = candidates(wanted);
        if (candidates.isEmpty()) {
            String offered = manifests.stream()
                    .map(entry -> entry.platform() == null
                            ? entry.mediaType()
                            : entry.platform().toString())
                    .filter(name -> !name.startsWith("unknown/"))
                    .distinct()
                    .limit(32)
                    .collect(Collectors.joining(", "));
            throw GantryException.of(
                            ErrorKind.NOT_FOUND,
                            action,
                            "the image has no manifest for " + wanted + ", only for "
                                    + (offered.isEmpty() ? "nothing" : offered))
                    .withRemedy("use an image that is built for " + wanted);
        }
        return candidates.getFirst();
    }
}
