package io.gantry.image.spec;

import java.util.List;
import java.util.Optional;

/**
 * The names of what registries serve, Docker's v2.2 and OCI's.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/media-types.md">image-spec, media types</a>
 */
public final class MediaTypes {
    public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
    public static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    public static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
    public static final String OCI_EMPTY = "application/vnd.oci.empty.v1+json";
    public static final String OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
    public static final String OCI_LAYER_GZIP = OCI_LAYER + "+gzip";
    public static final String OCI_LAYER_ZSTD = OCI_LAYER + "+zstd";
    public static final String DOCKER_INDEX = "application/vnd.docker.distribution.manifest.list.v2+json";
    public static final String DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json";
    public static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
    public static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
    public static final String DOCKER_LAYER_GZIP = DOCKER_LAYER + ".gzip";
    public static final String DOCKER_LAYER_ZSTD = DOCKER_LAYER + ".zstd";
    public static final String DOCKER_SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+json";
    public static final String DOCKER_SCHEMA1_SIGNED = "application/vnd.docker.distribution.manifest.v1+prettyjws";

    /** What a manifest request accepts, in order of preference. */
    public static final List<String> ACCEPTED_MANIFESTS =
            List.of(OCI_INDEX, OCI_MANIFEST, DOCKER_INDEX, DOCKER_MANIFEST);

    private static final String OCI_NONDISTRIBUTABLE = "application/vnd.oci.image.layer.nondistributable.v1.tar";
    private static final String DOCKER_FOREIGN = "application/vnd.docker.image.rootfs.foreign.diff.tar";

    /** How a layer is compressed. */
    public enum Compression {
        NONE,
        GZIP,
        ZSTD
    }

    private MediaTypes() {}

    /** Whether this is a list of manifests for several platforms. */
    public static boolean isIndex(String mediaType) {
        return mediaType.equals(OCI_INDEX) || mediaType.equals(DOCKER_INDEX);
    }

    /** Whether this is the manifest of one image (or artifact). */
    public static boolean isManifest(String mediaType) {
        return mediaType.equals(OCI_MANIFEST) || mediaType.equals(DOCKER_MANIFEST);
    }

    /** Whether this is the manifest format that ended with Docker 1.10. */
    public static boolean isSchema1(String mediaType) {
        return mediaType.equals(DOCKER_SCHEMA1) || mediaType.equals(DOCKER_SCHEMA1_SIGNED);
    }

    /** Whether this is the config of an image that can run (not of another kind of artifact). */
    public static boolean isImageConfig(String mediaType) {
        return mediaType.equals(OCI_CONFIG) || mediaType.equals(DOCKER_CONFIG);
    }

    /** Whether this is a file system layer of an image. */
    public static boolean isLayer(String mediaType) {
        return layerCompression(mediaType).isPresent();
    }

    /** The compression of a layer by its media type, empty when this is not a layer. */
    public static Optional<Compression> layerCompression(String mediaType) {
        return switch (mediaType) {
            case OCI_LAYER, DOCKER_LAYER, OCI_NONDISTRIBUTABLE, DOCKER_FOREIGN -> Optional.of(Compression.NONE);
            case OCI_LAYER_GZIP, DOCKER_LAYER_GZIP, OCI_NONDISTRIBUTABLE + "+gzip", DOCKER_FOREIGN + ".gzip" ->
                Optional.of(Compression.GZIP);
            case OCI_LAYER_ZSTD, DOCKER_LAYER_ZSTD, OCI_NONDISTRIBUTABLE + "+zstd", DOCKER_FOREIGN + ".zstd" ->
                Optional.of(Compression.ZSTD);
            default -> Optional.empty();
        };
    }
}
