package io.gantry.image.trust;

/**
 * An image that was let in by its signature.
 *
 * @param repoDigest {@code registry/repository@digest} of what its name meant
 * @param rule fingerprint of the rule that the signature satisfied
 */
record TrustRecord(String repoDigest, String rule) {
    static final int SCHEMA = 1;
}
