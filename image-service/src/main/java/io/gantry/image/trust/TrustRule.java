package io.gantry.image.trust;

import io.gantry.image.reference.Digest;
import java.nio.charset.StandardCharsets;
import java.security.PublicKey;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.stream.Collectors;

/** What an image must have to be let in. */
public sealed interface TrustRule {
    /** Stands for this rule in records: another one after any change to it or to its keys. */
    String fingerprint();

    /** Every image. */
    record Accept() implements TrustRule {
        @Override
        public String fingerprint() {
            return "accept";
        }
    }

    /** No image. */
    record Reject() implements TrustRule {
        @Override
        public String fingerprint() {
            return "reject";
        }
    }

    /**
     * A signature by one of these keys.
     *
     * @param anyRepository whether a signature may name another repository than the image's, as it does for copies
     */
    record Signed(List<PublicKey> keys, boolean anyRepository) implements TrustRule {
        public Signed {
            keys = List.copyOf(keys);
        }

        @Override
        public String fingerprint() {
            return "signed " + anyRepository + " "
                    + keys.stream()
                            .map(key -> Digest.ofSha256(key.getEncoded()).hex())
                            .sorted()
                            .collect(Collectors.joining(","));
        }
    }

    /**
     * A signature by a short-lived certificate of Fulcio for this identity, with an entry in Rekor from its lifetime.
     *
     * @param issuer of the identity, exactly
     * @param subject URI or mail address in the certificate; {@code *} stands for any text
     * @param roots certificates of Fulcio: roots and intermediates
     * @param rekorKeys of the transparency log
     */
    record Keyless(
            String issuer,
            String subject,
            List<X509Certificate> roots,
            List<PublicKey> rekorKeys,
            boolean anyRepository)
            implements TrustRule {
        public Keyless {
            roots = List.copyOf(roots);
            rekorKeys = List.copyOf(rekorKeys);
        }

        @Override
        public String fingerprint() {
            String text = String.join("\n", issuer, subject, roots.toString(), rekorKeys.toString());
            return "keyless " + anyRepository + " "
                    + Digest.ofSha256(text.getBytes(StandardCharsets.UTF_8)).hex();
        }
    }
}
