package io.gantry.image.trust;

import io.gantry.image.spec.Descriptor;
import io.gantry.platform.storage.Json;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * The two forms in which cosign stores a signature: a simple signing payload whose signature is in the annotations of its
 * descriptor, and a sigstore bundle. One that makes no sense is none.
 *
 * @see <a href="https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto">sigstore bundle</a>
 * @see <a href="https://github.com/secure-systems-lab/dsse/blob/master/protocol.md">DSSE</a>
 */
final class SignatureDocuments {
    static final String SIMPLE_SIGNING = "application/vnd.dev.cosign.simplesigning.v1+json";
    static final String BUNDLE = "application/vnd.dev.sigstore.bundle";
    /** What a signature states of an image; every other predicate is an attestation, which says something about it. */
    static final String SIGN_PREDICATE = "https://sigstore.dev/cosign/sign/v1";

    private static final String IN_TOTO = "application/vnd.in-toto+json";
    private static final String COSIGN_ARTIFACT = "application/vnd.dev.cosign.artifact.sig.v1+json";
    private static final String SIGNATURE = "dev.cosignproject.cosign/signature";
    private static final String CERTIFICATE = "dev.sigstore.cosign/certificate";
    private static final String CHAIN = "dev.sigstore.cosign/chain";
    private static final String PREDICATE = "dev.sigstore.bundle.predicateType";
    private static final String LOG = "dev.sigstore.cosign/bundle";

    private SignatureDocuments() {}

    /** Whether something that refers to an image may be a signature of it. */
    static boolean isSignature(Descriptor referrer) {
        String type = referrer.artifactType();
        return type == null || type.isEmpty() || saysSo(referrer);
    }

    /** Whether it says so itself; not all registries and tools tell the type. */
    static boolean saysSo(Descriptor referrer) {
        String type = referrer.artifactType();
        return type != null
                && (type.equals(COSIGN_ARTIFACT)
                        || (type.startsWith(BUNDLE)
                                && referrer.annotations()
                                        .getOrDefault(PREDICATE, SIGN_PREDICATE)
                                        .equals(SIGN_PREDICATE)));
    }

    static boolean isKnown(Descriptor layer) {
        return layer.mediaType().equals(SIMPLE_SIGNING) || layer.mediaType().startsWith(BUNDLE);
    }

    static Optional<SignedClaim> read(Descriptor layer, byte[] content) {
        try {
            return Optional.ofNullable(
                    layer.mediaType().equals(SIMPLE_SIGNING)
                            ? simpleSigning(layer.annotations(), content)
                            : bundle(Json.mapper().readTree(content)));
        } catch (JacksonException | IllegalArgumentException _) {
            return Optional.empty();
        }
    }

    private static @Nullable SignedClaim simpleSigning(Map<String, String> annotations, byte[] payload) {
        String signature = annotations.get(SIGNATURE);
        if (signature == null) {
            return null;
        }
        String log = annotations.get(LOG);
        return new SignedClaim(
                SignedClaim.Form.SIMPLE_SIGNING,
                payload,
                payload,
                Base64.getDecoder().decode(signature),
                annotations.get(CERTIFICATE),
                annotations.getOrDefault(CHAIN, ""),
                log == null ? null : rekorBundle(Json.mapper().readTree(log)));
    }

    private static SignedClaim.LogEntry rekorBundle(JsonNode log) {
        JsonNode payload = log.path("Payload");
        return new SignedClaim.LogEntry(
                payload.path("body").asString(""),
                payload.path("integratedTime").asLong(0),
                payload.path("logIndex").asLong(0),
                payload.path("logID").asString(""),
                decode(log.path("SignedEntryTimestamp")));
    }

    private static @Nullable SignedClaim bundle(JsonNode bundle) {
        JsonNode envelope = bundle.path("dsseEnvelope");
        JsonNode signature = envelope.path("signatures").path(0).path("sig");
        if (signature.isMissingNode()) {
            return null;
        }
        byte[] payload = decode(envelope.path("payload"));
        JsonNode material = bundle.path("verificationMaterial");
        JsonNode certificate = material.path("certificate").path("rawBytes");
        if (certificate.isMissingNode()) {
            certificate = material.path("x509CertificateChain")
                    .path("certificates")
                    .path(0)
                    .path("rawBytes");
        }
        JsonNode entry = material.path("tlogEntries").path(0);
        String payloadType = envelope.path("payloadType").asString("");
        return new SignedClaim(
                payloadType.equals(IN_TOTO) ? SignedClaim.Form.IN_TOTO : SignedClaim.Form.OTHER,
                payload,
                preAuthentication(payloadType, payload),
                decode(signature),
                certificate.isMissingNode() ? null : pem(certificate.asString("")),
                "",
                entry.isMissingNode() ? null : logEntry(entry));
    }

    private static SignedClaim.LogEntry logEntry(JsonNode entry) {
        return new SignedClaim.LogEntry(
                entry.path("canonicalizedBody").asString(""),
                entry.path("integratedTime").asLong(0),
                entry.path("logIndex").asLong(0),
                HexFormat.of().formatHex(decode(entry.path("logId").path("keyId"))),
                decode(entry.path("inclusionPromise").path("signedEntryTimestamp")));
    }

    private static byte[] decode(JsonNode base64) {
        return Base64.getDecoder().decode(base64.asString(""));
    }

    private static String pem(String base64) {
        return "-----BEGIN CERTIFICATE-----\n" + base64.replaceAll("(.{64})", "$1\n") + "\n-----END CERTIFICATE-----\n";
    }

    /** The bytes that a DSSE signature is made over. */
    static byte[] preAuthentication(String type, byte[] payload) {
        int typeBytes = type.getBytes(StandardCharsets.UTF_8).length;
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(
                ("DSSEv1 " + typeBytes + " " + type + " " + payload.length + " ").getBytes(StandardCharsets.UTF_8));
        out.writeBytes(payload);
        return out.toByteArray();
    }
}
