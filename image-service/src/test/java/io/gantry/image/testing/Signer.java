package io.gantry.image.testing;

import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;

/** A key, and signatures by it as cosign makes them. */
public final class Signer {
    private final KeyPair keys;

    private Signer(KeyPair keys) {
        this.keys = keys;
    }

    /** @param algorithm {@code EC}, {@code RSA} or {@code Ed25519} */
    public static Signer create(String algorithm) {
        try {
            return new Signer(KeyPairGenerator.getInstance(algorithm).generateKeyPair());
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    public KeyPair keys() {
        return keys;
    }

    public byte[] sign(byte[] message) {
        String algorithm = switch (keys.getPrivate().getAlgorithm()) {
            case "EC" -> "SHA256withECDSA";
            case "RSA" -> "SHA256withRSA";
            default -> "Ed25519";
        };
        try {
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(keys.getPrivate());
            signature.update(message);
            return signature.sign();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The public key as PEM in a file. */
    public Path write(Path file) {
        try {
            return Files.writeString(
                    file,
                    "-----BEGIN PUBLIC KEY-----\n"
                            + Base64.getMimeEncoder()
                                    .encodeToString(keys.getPublic().getEncoded())
                            + "\n-----END PUBLIC KEY-----\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What cosign signs. */
    public static byte[] payload(String repository, Digest digest) {
        return ("{\"critical\":{\"identity\":{\"docker-reference\":\"" + repository
                        + "\"},\"image\":{\"docker-manifest-digest\":\"" + digest
                        + "\"},\"type\":\"cosign container image signature\"},\"optional\":null}")
                .getBytes(StandardCharsets.UTF_8);
    }

    /**
     * What cosign pushes under the tag {@code sha256-….sig}.
     *
     * @param subject digest that the payload names
     */
    public TestImage signatureOf(String repository, Digest subject) {
        byte[] payload = payload(repository, subject);
        String signature = Base64.getEncoder().encodeToString(sign(payload));
        TestImage image = TestImage.oci().build();
        byte[] config =
                "{\"architecture\":\"\",\"os\":\"\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"
                        .getBytes(StandardCharsets.UTF_8);
        Digest configDigest = Digest.ofSha256(config);
        Digest payloadDigest = Digest.ofSha256(payload);
        image.blobs().clear();
        image.blobs().put(configDigest, config);
        image.blobs().put(payloadDigest, payload);
        Descriptor layer =
                Descriptor.of("application/vnd.dev.cosign.simplesigning.v1+json", payloadDigest, payload.length);
        String layerJson = TestImage.json(layer);
        return image.editManifest(
                _ -> "{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                        + "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\""
                        + configDigest
                        + "\",\"size\":" + config.length + "},\"layers\":["
                        + layerJson.substring(0, layerJson.length() - 1)
                        + ",\"annotations\":{\"dev.cosignproject.cosign/signature\":\"" + signature + "\"}}]}");
    }
}
