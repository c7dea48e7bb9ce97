package io.gantry.image.spec;

import io.gantry.platform.error.GantryException;

/** Sizes of documents that are read, and what can be said about a manifest before it is read in full. */
public final class DocumentLimits {
    /** Most bytes of a manifest or an index; registries refuse larger ones too. */
    public static final int MANIFEST_BYTES = 4 << 20;
    /** Most bytes of an image config. */
    public static final int CONFIG_BYTES = 8 << 20;

    private DocumentLimits() {}

    /** Most bytes of a document of this media type. */
    public static int of(String mediaType) {
        return MediaTypes.isIndex(mediaType) || MediaTypes.isManifest(mediaType) ? MANIFEST_BYTES : CONFIG_BYTES;
    }

    /**
     * The media type that a manifest or index gives itself, else the OCI one that its shape tells.
     *
     * @throws GantryException DATA_LOSS when it is neither, UNIMPLEMENTED for schema 1
     */
    public static String mediaTypeOf(byte[] json, String subject) {
        return ManifestReader.mediaTypeOf(json, subject);
    }

    /** The error for manifests of the format that ended with Docker 1.10. */
    public static GantryException schema1(String subject) {
        return ManifestReader.schema1(subject);
    }
}
