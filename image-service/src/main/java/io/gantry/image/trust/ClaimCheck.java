package io.gantry.image.trust;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Json;
import java.security.PublicKey;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** Whether a claim is about an image and by somebody whom a rule names. */
final class ClaimCheck {
    private final ImageReference reference;
    private final Digest subject;

    ClaimCheck(ImageReference reference, Digest subject) {
        this.reference = reference;
        this.subject = subject;
    }

    /** Why a claim does not do for a rule; empty when it does. */
    Optional<String> problem(SignedClaim claim, TrustRule.Signed rule) {
        for (PublicKey key : rule.keys()) {
            if (PublicKeys.verifies(key, claim.message(), claim.signature())) {
                return about(claim, rule.anyRepository());
            }
        }
        return Optional.of("it is by none of the keys of the policy");
    }

    /** Why a claim does not do for a rule; empty when it does. */
    Optional<String> problem(SignedClaim claim, TrustRule.Keyless rule) {
        return new KeylessCheck(rule).problem(claim).or(() -> about(claim, rule.anyRepository()));
    }

    private Optional<String> about(SignedClaim claim, boolean anyRepository) {
        try {
            JsonNode payload = Json.mapper().readTree(claim.payload());
            return switch (claim.form()) {
                case SIMPLE_SIGNING -> simpleSigning(payload, anyRepository);
                case IN_TOTO -> inToto(payload);
                case OTHER -> Optional.of("what it signs is no statement about an image");
            };
        } catch (JacksonException _) {
            return Optional.of("what it signs is no JSON");
        }
    }

    private Optional<String> simpleSigning(JsonNode payload, boolean anyRepository) {
        JsonNode critical = payload.path("critical");
        String digest = critical.path("image").path("docker-manifest-digest").asString("");
        if (!digest.equals(subject.toString())) {
            return Optional.of("it signs another image, " + shown(digest));
        }
        String named = critical.path("identity").path("docker-reference").asString("");
        if (anyRepository || named.isEmpty() || sameRepository(named)) {
            return Optional.empty();
        }
        return Optional.of("it signs the image of another repository, " + shown(named));
    }

    private boolean sameRepository(String named) {
        try {
            return ImageReference.parse(named).name().equals(reference.name());
        } catch (GantryException _) {
            return false;
        }
    }

    /**
     * A provenance or a bill of materials has the image as its subject too, and is often signed by the same key: only the
     * predicate tells that the image itself is vouched for. Such a statement names no repository.
     *
     * @see <a href="https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md">in-toto, statement</a>
     */
    private Optional<String> inToto(JsonNode statement) {
        String predicate = statement.path("predicateType").asString("");
        if (!predicate.equals(SignatureDocuments.SIGN_PREDICATE)) {
            return Optional.of("it is an attestation of type " + shown(predicate) + ", no signature");
        }
        for (JsonNode candidate : statement.path("subject")) {
            String hex = candidate
                    .path("digest")
                    .path(subject.algorithm().wireName())
                    .asString("");
            if (hex.equals(subject.hex())) {
                return Optional.empty();
            }
        }
        return Optional.of("it signs another image");
    }

    private static String shown(String text) {
        String printable = text.replaceAll("[^\\x20-\\x7e]", "?");
        return printable.length() > 200 ? printable.substring(0, 200) + "…" : printable;
    }
}
