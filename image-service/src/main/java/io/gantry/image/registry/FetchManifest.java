package io.gantry.image.registry;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.reference.Printable;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.DocumentLimits;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Fetches the manifest or index that a name means, by its digest when it has one, else by its tag. */
final class FetchManifest {
    private final RegistryRequests requests;
    private final RegistryClientConfig config;

    FetchManifest(RegistryRequests requests, RegistryClientConfig config) {
        this.requests = requests;
        this.config = config;
    }

    ResolvedManifest at(Endpoint endpoint, ImageReference reference, @Nullable RegistryCredentials credentials)
            throws EndpointException, InterruptedException {
        Digest wanted = reference.digest();
        String name =
                wanted == null ? Objects.requireNonNull(reference.tag(), "neither tag nor digest") : wanted.toString();
        Map<String, String> headers = Map.of("Accept", String.join(", ", MediaTypes.ACCEPTED_MANIFESTS));
        HttpReply reply = requests.get(endpoint, endpoint.manifest(reference, name), reference, credentials, headers);
        String contentType = mediaType(reply.header("Content-Type"));
        String announced = reply.header("Docker-Content-Digest");
        byte[] bytes =
                SmallContent.read(endpoint, reply, DocumentLimits.MANIFEST_BYTES, wanted, config.progressTimeout());
        if (MediaTypes.isSchema1(contentType)) {
            throw DocumentLimits.schema1("manifest of " + reference);
        }
        Digest digest = wanted == null ? digest(endpoint, announced, bytes) : wanted;
        String mediaType = agreedType(endpoint, contentType, bytes, reference);
        return new ResolvedManifest(Descriptor.of(mediaType, digest, bytes.length), bytes, endpoint.base());
    }

    /** The digest that a registry announces must be that of what it sent. */
    private static Digest digest(Endpoint endpoint, String announced, byte[] bytes) throws EndpointException {
        if (announced.isEmpty()) {
            return Digest.ofSha256(bytes);
        }
        Digest expected;
        try {
            expected = Digest.parse(announced);
        } catch (GantryException e) {
            throw SmallContent.bad(endpoint, "its Docker-Content-Digest is no digest", e);
        }
        Digest actual = Digest.of(expected.algorithm(), bytes);
        if (!actual.equals(expected)) {
            throw SmallContent.bad(
                    endpoint, "it announced digest " + expected + " and served content with " + actual, null);
        }
        return actual;
    }

    /** What the document says of itself, unless the registry says it is of the other kind. */
    private static String agreedType(Endpoint endpoint, String contentType, byte[] bytes, ImageReference reference)
            throws EndpointException {
        String own;
        try {
            own = DocumentLimits.mediaTypeOf(bytes, "manifest of " + reference);
        } catch (GantryException e) {
            if (e.kind() == ErrorKind.UNIMPLEMENTED) {
                throw e;
            }
            throw SmallContent.bad(
                    endpoint, "it served no manifest but " + describe(contentType) + ": " + e.problem(), e);
        }
        boolean contradiction = (MediaTypes.isIndex(contentType) && !MediaTypes.isIndex(own))
                || (MediaTypes.isManifest(contentType) && !MediaTypes.isManifest(own));
        if (contradiction) {
            throw SmallContent.bad(
                    endpoint,
                    "it calls the manifest " + describe(contentType) + ", the manifest itself says " + describe(own),
                    null);
        }
        if (!MediaTypes.isIndex(own) && !MediaTypes.isManifest(own)) {
            throw SmallContent.bad(endpoint, "it served a manifest of the unknown kind " + describe(own), null);
        }
        return own;
    }

    private static String mediaType(String header) {
        int semicolon = header.indexOf(';');
        return (semicolon < 0 ? header : header.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
    }

    private static String describe(String mediaType) {
        String shown = Printable.of(mediaType.isEmpty() ? "content without a type" : mediaType);
        return shown.length() > 100 ? shown.substring(0, 100) + "…" : shown;
    }
}
