package io.gantry.image.reference;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The digest of some content, written {@code algorithm:hex} with lower-case hexadecimal digits, for example
 * {@code sha256:e3b0…}. The algorithms are those that the OCI image specification registers and registries use.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/descriptor.md#digests">image-spec, digests</a>
 */
public record Digest(Algorithm algorithm, String hex) {
    /** A hash function: its name in a digest, its name in the JDK and its size. */
    public enum Algorithm {
        SHA256("sha256", "SHA-256", 64),
        SHA512("sha512", "SHA-512", 128);

        private final String wireName;
        private final String jdkName;
        private final int hexLength;

        Algorithm(String wireName, String jdkName, int hexLength) {
            this.wireName = wireName;
            this.jdkName = jdkName;
            this.hexLength = hexLength;
        }

        /** The name as it stands before the colon, {@code sha256}. */
        public String wireName() {
            return wireName;
        }

        /** A fresh hash function of this kind. */
        public MessageDigest newHash() {
            try {
                return MessageDigest.getInstance(jdkName);
            } catch (NoSuchAlgorithmException e) {
                throw new IllegalStateException("every JDK has " + jdkName, e);
            }
        }
    }

    public Digest {
        if (hex.length() != algorithm.hexLength || !isLowerHex(hex)) {
            throw bad(
                    algorithm.wireName + ":" + hex,
                    "a " + algorithm.wireName + " digest has " + algorithm.hexLength
                            + " lower-case hexadecimal digits after the colon");
        }
    }

    /**
     * Reads {@code sha256:…} or {@code sha512:…}.
     *
     * @throws GantryException INVALID_ARGUMENT when it is anything else
     */
    public static Digest parse(String text) {
        int colon = text.indexOf(':');
        if (colon < 0) {
            throw bad(text, "no colon; write algorithm:hex");
        }
        String name = text.substring(0, colon);
        for (Algorithm candidate : Algorithm.values()) {
            if (candidate.wireName.equals(name)) {
                return new Digest(candidate, text.substring(colon + 1));
            }
        }
        throw bad(text, "unsupported algorithm; sha256 and sha512 are known");
    }

    /** The SHA-256 digest of these bytes. */
    public static Digest ofSha256(byte[] content) {
        return of(Algorithm.SHA256, content);
    }

    /** The digest of these bytes. */
    public static Digest of(Algorithm algorithm, byte[] content) {
        return ofHash(algorithm, algorithm.newHash().digest(content));
    }

    /** The digest whose hash value has been computed already. */
    public static Digest ofHash(Algorithm algorithm, byte[] hash) {
        return new Digest(algorithm, HexFormat.of().formatHex(hash));
    }

    /** A fresh hash function that computes digests comparable with this one. */
    public MessageDigest newHash() {
        return algorithm.newHash();
    }

    /** The first twelve hexadecimal digits, for people. */
    public String shortHex() {
        return hex.substring(0, 12);
    }

    @Override
    public String toString() {
        return algorithm.wireName + ":" + hex;
    }

    private static boolean isLowerHex(String text) {
        return text.chars().allMatch(c -> (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'));
    }

    private static GantryException bad(String text, String problem) {
        String shown = text.length() > 160 ? text.substring(0, 160) + "…" : text;
        return GantryException.of(
                ErrorKind.INVALID_ARGUMENT,
                String.format(Locale.ROOT, "read digest \"%s\"", Printable.of(shown)),
                problem);
    }
}
