package io.gantry.image.spec;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One image for one platform: where its config and its layers are, lowest layer first.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/manifest.md">image-spec, manifest</a>
 */
public record ImageManifest(
        String mediaType,
        Descriptor config,
        List<Descriptor> layers,
        Map<String, String> annotations,
        @Nullable String artifactType) {
    public ImageManifest {
        layers = List.copyOf(layers);
        annotations = Map.copyOf(annotations);
    }

    /**
     * Reads a manifest.
     *
     * @param subject what the document belongs to, for errors: {@code "manifest of docker.io/library/busybox:1"}
     * @throws io.gantry.platform.error.GantryException DATA_LOSS with the field that is wrong, UNIMPLEMENTED for schema 1
     */
    public static ImageManifest parse(byte[] json, String subject) {
        return ManifestReader.readManifest(json, subject);
    }

    /** Whether this describes an image that can run, and not another kind of artifact. */
    public boolean isImage() {
        return MediaTypes.isImageConfig(config.mediaType());
    }
}
