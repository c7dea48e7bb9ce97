package io.gantry.e2e.faults;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** A key, and signatures by it as cosign pushes them. */
public final class Cosign {
    private static final String PAYLOAD = "application/vnd.dev.cosign.simplesigning.v1+json";

    private final KeyPair keys;

    private Cosign(KeyPair keys) {
        this.keys = keys;
    }

    public static Cosign create() throws GeneralSecurityException {
        return new Cosign(KeyPairGenerator.getInstance("EC").generateKeyPair());
    }

    /** The public key as PEM. */
    public String publicKey() {
        return "-----BEGIN PUBLIC KEY-----\n"
                + Base64.getMimeEncoder().encodeToString(keys.getPublic().getEncoded())
                + "\n-----END PUBLIC KEY-----\n";
    }

    /** The tag of an image's signatures. */
    public static String tag(FaultImage image) {
        return FaultImage.digest(image.manifest()).replace(':', '-') + ".sig";
    }

    /**
     * What is pushed under {@link #tag}.
     *
     * @param repository with its host, as the signature says it
     */
    public FaultImage sign(String repository, FaultImage image) throws GeneralSecurityException {
        byte[] payload = ("{\"critical\":{\"identity\":{\"docker-reference\":\"" + repository
                        + "\"},\"image\":{\"docker-manifest-digest\":\"" + FaultImage.digest(image.manifest())
                        + "\"},\"type\":\"cosign container image signature\"},\"optional\":null}")
                .getBytes(StandardCharsets.UTF_8);
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(keys.getPrivate());
        signer.update(payload);
        String signature = Base64.getEncoder().encodeToString(signer.sign());
        byte[] config =
                "{\"architecture\":\"\",\"os\":\"\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}"
                        .getBytes(StandardCharsets.UTF_8);
        String layer = FaultImage.descriptor(PAYLOAD, payload);
        byte[] manifest = ("{\"schemaVersion\":2,\"mediaType\":\"" + FaultImage.MANIFEST + "\",\"config\":"
                        + FaultImage.descriptor(FaultImage.CONFIG, config) + ",\"layers\":["
                        + layer.substring(0, layer.length() - 1)
                        + ",\"annotations\":{\"dev.cosignproject.cosign/signature\":\"" + signature + "\"}}]}")
                .getBytes(StandardCharsets.UTF_8);
        return new FaultImage(
                manifest,
                Map.of(FaultImage.digest(config), config, FaultImage.digest(payload), payload),
                List.of(FaultImage.digest(payload)));
    }
}
