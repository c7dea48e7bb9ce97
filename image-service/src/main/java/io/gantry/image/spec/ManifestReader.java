package io.gantry.image.spec;

import io.gantry.image.reference.Platform;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads manifests and indexes. A document that could be read as both kinds is refused (the ambiguity of CVE-2021-41190).
 */
final class ManifestReader {
    private static final int MAX_BYTES = DocumentLimits.MANIFEST_BYTES;
    private static final int MAX_LAYERS = 1024;
    private static final int MAX_MANIFESTS = 1024;
    private static final int MAX_URLS = 64;

    private ManifestReader() {}

    /** The media type that a manifest or index has by its own words, else by its shape. */
    static String mediaTypeOf(byte[] json, String subject) {
        JsonDocument document = parse(json, subject);
        String declared = document.text("mediaType");
        if (!declared.isEmpty()) {
            return declared;
        }
        return document.has("manifests") ? MediaTypes.OCI_INDEX : MediaTypes.OCI_MANIFEST;
    }

    static ImageIndex readIndex(byte[] json, String subject) {
        JsonDocument document = parse(json, subject);
        String mediaType = document.text("mediaType");
        if (mediaType.isEmpty()) {
            mediaType = MediaTypes.OCI_INDEX;
        }
        if (!MediaTypes.isIndex(mediaType)) {
            throw document.wrong("mediaType", "is \"" + mediaType + "\", not that of an index");
        }
        if (document.has("config") || document.has("layers")) {
            throw JsonDocument.error(subject, "an index must not have config or layers, the document is ambiguous");
        }
        if (!document.has("manifests")) {
            throw document.missing("manifests");
        }
        List<Descriptor> manifests = document.objects("manifests", MAX_MANIFESTS).stream()
                .map(ManifestReader::descriptor)
                .toList();
        return new ImageIndex(
                mediaType, manifests, document.textMap("annotations"), document.optionalText("artifactType"));
    }

    static ImageManifest readManifest(byte[] json, String subject) {
        JsonDocument document = parse(json, subject);
        String mediaType = document.text("mediaType");
        if (mediaType.isEmpty()) {
            mediaType = MediaTypes.OCI_MANIFEST;
        }
        if (!MediaTypes.isManifest(mediaType)) {
            throw document.wrong("mediaType", "is \"" + mediaType + "\", not that of an image manifest");
        }
        if (document.has("manifests")) {
            throw JsonDocument.error(subject, "a manifest must not have manifests, the document is ambiguous");
        }
        JsonDocument config = document.object("config");
        if (config == null) {
            throw document.missing("config");
        }
        List<Descriptor> layers = document.objects("layers", MAX_LAYERS).stream()
                .map(ManifestReader::descriptor)
                .toList();
        return new ImageManifest(
                mediaType,
                descriptor(config),
                layers,
                document.textMap("annotations"),
                document.optionalText("artifactType"));
    }

    private static JsonDocument parse(byte[] json, String subject) {
        JsonDocument document = JsonDocument.parse(json, MAX_BYTES, subject);
        boolean schema1 = MediaTypes.isSchema1(document.text("mediaType")) || document.has("fsLayers");
        if (schema1 || (document.has("schemaVersion") && document.requiredInt("schemaVersion") == 1)) {
            throw schema1(subject);
        }
        if (document.requiredInt("schemaVersion") != 2) {
            throw document.wrong("schemaVersion", "is not 2");
        }
        return document;
    }

    static GantryException schema1(String subject) {
        return GantryException.of(
                        ErrorKind.UNIMPLEMENTED,
                        "read " + subject,
                        "it has the Docker schema 1 format, which ended in 2017")
                .withRemedy("push the image again with a current tool");
    }

    private static Descriptor descriptor(JsonDocument object) {
        return new Descriptor(
                object.requiredText("mediaType"),
                object.requiredDigest("digest"),
                object.requiredSize("size"),
                object.texts("urls", MAX_URLS),
                object.textMap("annotations"),
                platform(object.object("platform")),
                object.optionalText("artifactType"));
    }

    private static @Nullable Platform platform(@Nullable JsonDocument object) {
        return object == null
                ? null
                : Platform.of(
                        object.requiredText("os"), object.requiredText("architecture"), object.optionalText("variant"));
    }
}
