package io.gantry.image.trust;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Public keys as cosign uses them: ECDSA, RSA and Ed25519. */
final class PublicKeys {
    private static final Pattern PEM =
            Pattern.compile("-----BEGIN PUBLIC KEY-----([A-Za-z0-9+/=\\s]+)-----END PUBLIC KEY-----");
    private static final List<String> ALGORITHMS = List.of("EC", "RSA", "Ed25519");

    private PublicKeys() {}

    /** The keys of a PEM file; at least one. */
    static List<PublicKey> read(byte[] pem) throws GeneralSecurityException {
        List<PublicKey> keys = new ArrayList<>();
        Matcher blocks = PEM.matcher(new String(pem, StandardCharsets.ISO_8859_1));
        while (blocks.find()) {
            byte[] encoded = Base64.getMimeDecoder().decode(blocks.group(1));
            keys.add(decode(encoded));
        }
        if (keys.isEmpty()) {
            throw new InvalidKeyException("no block BEGIN PUBLIC KEY");
        }
        return keys;
    }

    private static PublicKey decode(byte[] encoded) throws GeneralSecurityException {
        for (String algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePublic(new X509EncodedKeySpec(encoded));
            } catch (GeneralSecurityException _) {
                // another kind
            }
        }
        throw new InvalidKeyException("it is neither ECDSA nor RSA nor Ed25519");
    }

    /** Whether a signature over a message is by a key; a damaged signature is simply none. */
    static boolean verifies(PublicKey key, byte[] message, byte[] signature) {
        return algorithms(key).stream().anyMatch(algorithm -> {
            try {
                Signature verifier = Signature.getInstance(algorithm);
                verifier.initVerify(key);
                verifier.update(message);
                return verifier.verify(signature);
            } catch (GeneralSecurityException _) {
                return false;
            }
        });
    }

    /** SHA-256 is what cosign takes unless it is told otherwise; newer tools take the hash that goes with the curve. */
    private static List<String> algorithms(PublicKey key) {
        if (key instanceof ECPublicKey ec) {
            int bits = ec.getParams().getOrder().bitLength();
            return bits > 384
                    ? List.of("SHA256withECDSA", "SHA512withECDSA")
                    : bits > 256 ? List.of("SHA256withECDSA", "SHA384withECDSA") : List.of("SHA256withECDSA");
        }
        return List.of(key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "Ed25519");
    }
}
