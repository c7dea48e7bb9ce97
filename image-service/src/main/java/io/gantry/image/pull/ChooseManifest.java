package io.gantry.image.pull;

import io.gantry.image.pull.ImageSource.Document;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.Platform;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.ImageConfigFile;
import io.gantry.image.spec.ImageIndex;
import io.gantry.image.spec.ImageManifest;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Goes from what a name means to the manifest and config for one platform, through indexes in indexes if need be. */
final class ChooseManifest {
    private static final int MAX_DEPTH = 4;
    private static final int MAX_DOCUMENTS = 64;

    /**
     * What was chosen.
     *
     * @param resolved digest of what the name means: of the index, when there is one
     * @param manifestBytes length of the manifest document
     * @param configText the config document as it came
     */
    record Choice(
            Digest resolved,
            Digest manifestDigest,
            long manifestBytes,
            ImageManifest manifest,
            String configText,
            ImageConfigFile config) {}

    private final ImageSource source;
    private final Platform platform;
    private final String image;
    private final String action;
    private final Set<Digest> visited = new HashSet<>();
    private final List<String> offered = new ArrayList<>();

    /**
     * @param image its name, for errors
     * @param action for errors: {@code "pull image docker.io/library/busybox:1"}
     */
    ChooseManifest(ImageSource source, Platform platform, String image, String action) {
        this.source = source;
        this.platform = platform;
        this.image = image;
        this.action = action;
    }

    /**
     * @throws GantryException NOT_FOUND naming the platforms that there are when none fits, DATA_LOSS when a document is
     *     wrong or indexes go in circles, INVALID_ARGUMENT when it is no container image
     */
    Choice choose() throws InterruptedException {
        Document top = source.resolve();
        Choice choice = choose(top, top.descriptor().digest(), null, 0);
        if (choice == null) {
            String platforms = offered.isEmpty()
                    ? "nothing"
                    : String.join(", ", offered.stream().distinct().toList());
            throw GantryException.of(
                            ErrorKind.NOT_FOUND,
                            action,
                            "the image has no manifest for " + platform + ", only for " + platforms)
                    .withRemedy("use an image that is built for " + platform);
        }
        return choice;
    }

    /** @param promised the platform that an index gave for this document, null when none did */
    private @Nullable Choice choose(Document document, Digest resolved, @Nullable Platform promised, int depth)
            throws InterruptedException {
        Descriptor descriptor = document.descriptor();
        if (!visited.add(descriptor.digest())) {
            throw damaged("its indexes go in circles at " + descriptor.digest());
        }
        if (depth > MAX_DEPTH || visited.size() > MAX_DOCUMENTS) {
            throw damaged("its indexes are nested too deep or too many");
        }
        if (MediaTypes.isIndex(descriptor.mediaType())) {
            return chooseFromIndex(document, resolved, depth);
        }
        if (MediaTypes.isManifest(descriptor.mediaType())) {
            return chooseManifest(document, resolved, promised);
        }
        throw GantryException.of(
                ErrorKind.INVALID_ARGUMENT,
                action,
                "it is of type \"" + descriptor.mediaType() + "\", neither an image manifest nor an index");
    }

    private @Nullable Choice chooseFromIndex(Document document, Digest resolved, int depth)
            throws InterruptedException {
        ImageIndex index = ImageIndex.parse(document.bytes(), "index of " + image);
        for (Descriptor entry : index.manifests()) {
            if (entry.platform() != null && !entry.platform().os().equals("unknown")) {
                offered.add(entry.platform().toString());
            }
        }
        for (Descriptor candidate : index.candidates(platform)) {
            if (candidate.artifactType() != null && candidate.platform() == null) {
                continue;
            }
            Document next = new Document(candidate, source.fetch(candidate));
            Choice choice = choose(next, resolved, candidate.platform(), depth + 1);
            if (choice != null) {
                return choice;
            }
        }
        return null;
    }

    private @Nullable Choice chooseManifest(Document document, Digest resolved, @Nullable Platform promised)
            throws InterruptedException {
        ImageManifest manifest = ImageManifest.parse(document.bytes(), "manifest of " + image);
        if (!manifest.isImage()) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT,
                    action,
                    "it is an artifact of type \""
                            + (manifest.artifactType() == null
                                    ? manifest.config().mediaType()
                                    : manifest.artifactType())
                            + "\", not a container image");
        }
        byte[] configBytes = source.fetch(manifest.config());
        ImageConfigFile config = ImageConfigFile.parse(configBytes, "config of " + image);
        if (promised == null && platform.rank(config.platform()).isEmpty()) {
            offered.add(config.platform().toString());
            return null;
        }
        checkLayers(manifest, config);
        return new Choice(
                resolved, document.descriptor().digest(), document.bytes().length, manifest, text(configBytes), config);
    }

    private void checkLayers(ImageManifest manifest, ImageConfigFile config) {
        if (manifest.layers().size() != config.diffIds().size()) {
            throw damaged("its manifest has " + manifest.layers().size() + " layers, its config "
                    + config.diffIds().size());
        }
        for (Descriptor layer : manifest.layers()) {
            if (!MediaTypes.isLayer(layer.mediaType())) {
                throw GantryException.of(
                        ErrorKind.UNIMPLEMENTED,
                        action,
                        "layer " + layer.digest() + " is of unknown type \"" + layer.mediaType() + "\"");
            }
        }
    }

    /** The record keeps the document as text, which must give the same bytes back: its digest is the image's id. */
    private String text(byte[] document) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(document))
                    .toString();
        } catch (CharacterCodingException e) {
            throw damaged("its config is not valid UTF-8");
        }
    }

    private GantryException damaged(String problem) {
        return GantryException.of(ErrorKind.DATA_LOSS, action, problem);
    }
}
