package io.gantry.image.trust;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RegistryClient;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.registry.ResolvedManifest;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.ImageIndex;
import io.gantry.image.spec.ImageManifest;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Signatures beside an image in its registry, as cosign leaves them: a manifest under the tag {@code sha256-….sig}, and
 * manifests that refer to the image, by the registry's referrers or the tag {@code sha256-…} in their place.
 *
 * @see <a href="https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md">cosign, signature specification</a>
 */
public record RegistrySignatures(
        RegistryClient client,
        ImageReference reference,
        @Nullable RegistryCredentials credentials) implements SignatureStore {
    private static final int MAX_MANIFESTS = 32;
    private static final int MAX_CLAIMS = 128;
    private static final Logger log = LoggerFactory.getLogger(RegistrySignatures.class);

    @Override
    public List<SignedClaim> signatures(Digest subject) throws InterruptedException {
        List<SignedClaim> claims = new ArrayList<>();
        String tag = subject.algorithm().wireName() + "-" + subject.hex();
        Optional<ResolvedManifest> signature = resolve(tag + ".sig");
        if (signature.isPresent()) {
            ResolvedManifest found = signature.get();
            readIfSound(found.descriptor(), found::bytes, claims);
        }
        // Images have many referrers that are no signatures; those that say what they are come first.
        List<Descriptor> candidates = referrers(subject, tag).stream()
                .filter(referrer -> MediaTypes.isManifest(referrer.mediaType()))
                .filter(SignatureDocuments::isSignature)
                .sorted(Comparator.comparing(referrer -> !SignatureDocuments.saysSo(referrer)))
                .limit(MAX_MANIFESTS)
                .toList();
        for (Descriptor referrer : candidates) {
            readIfSound(referrer, () -> client.fetchSmall(reference, referrer, credentials), claims);
        }
        return claims;
    }

    private interface Fetch {
        byte[] get() throws InterruptedException;
    }

    /** What is malformed or missing is no signature; it does not hide those beside it. */
    private void readIfSound(Descriptor manifest, Fetch document, List<SignedClaim> claims)
            throws InterruptedException {
        try {
            read(document.get(), claims);
        } catch (GantryException e) {
            switch (e.kind()) {
                case DATA_LOSS, NOT_FOUND, UNIMPLEMENTED, INVALID_ARGUMENT ->
                    log.warn(
                            "signature left out: image={} manifest={} error=\"{}\"",
                            reference,
                            manifest.digest(),
                            e.getMessage());
                default -> throw e;
            }
        }
    }

    private List<Descriptor> referrers(Digest subject, String tag) throws InterruptedException {
        Optional<List<byte[]>> pages = client.referrers(reference, subject, credentials);
        if (pages.isEmpty()) {
            pages = resolve(tag).map(found -> List.of(found.bytes()));
        }
        return pages.orElse(List.of()).stream()
                .flatMap(page -> ImageIndex.parse(page, "referrers of " + reference).manifests().stream())
                .toList();
    }

    private Optional<ResolvedManifest> resolve(String tag) throws InterruptedException {
        try {
            return Optional.of(client.resolve(
                    new ImageReference(reference.registry(), reference.repository(), tag, null), credentials));
        } catch (GantryException e) {
            if (e.kind() == ErrorKind.NOT_FOUND) {
                return Optional.empty();
            }
            throw e;
        }
    }

    private void read(byte[] document, List<SignedClaim> claims) throws InterruptedException {
        ImageManifest manifest = ImageManifest.parse(document, "signatures of " + reference);
        for (Descriptor layer : manifest.layers()) {
            if (claims.size() < MAX_CLAIMS && SignatureDocuments.isKnown(layer)) {
                byte[] payload = client.fetchSmall(reference, layer, credentials);
                SignatureDocuments.read(layer, payload).ifPresent(claims::add);
            }
        }
    }
}
