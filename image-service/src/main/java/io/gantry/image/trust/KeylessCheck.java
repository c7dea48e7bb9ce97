package io.gantry.image.trust;

import io.gantry.image.reference.Digest;
import io.gantry.platform.storage.Json;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CertSelector;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Whether a claim was signed with a certificate of Fulcio for an identity, while that certificate was valid: the log's
 * entry, signed by the log, says when. Nothing is asked over the network; revocation does not exist for certificates that
 * live ten minutes.
 *
 * @see <a href="https://github.com/sigstore/fulcio/blob/main/docs/certificate-specification.md">Fulcio, certificates</a>
 * @see <a href="https://github.com/sigstore/rekor/blob/main/types.md">Rekor, entries</a>
 */
final class KeylessCheck {
    private static final String ISSUER = "1.3.6.1.4.1.57264.1.1";
    private static final String ISSUER_V2 = "1.3.6.1.4.1.57264.1.8";
    private static final String CODE_SIGNING = "1.3.6.1.5.5.7.3.3";
    private static final int SAN_EMAIL = 1;
    private static final int SAN_URI = 6;

    private final TrustRule.Keyless rule;

    KeylessCheck(TrustRule.Keyless rule) {
        this.rule = rule;
    }

    /** Why a claim does not do; empty when it does. */
    Optional<String> problem(SignedClaim claim) {
        String pem = claim.certificate();
        SignedClaim.LogEntry entry = claim.logEntry();
        if (pem == null || entry == null) {
            return Optional.of("it has no certificate with an entry of the transparency log");
        }
        try {
            List<X509Certificate> certificates = certificates(pem);
            if (certificates.isEmpty()) {
                return Optional.of("its certificate cannot be read");
            }
            X509Certificate certificate = certificates.getFirst();
            if (!PublicKeys.verifies(certificate.getPublicKey(), claim.message(), claim.signature())) {
                return Optional.of("it is not by the key of its certificate");
            }
            return logged(claim, entry, certificate)
                    .or(() -> chained(certificate, claim.chain(), Instant.ofEpochSecond(entry.integratedTime())))
                    .or(() -> identified(certificate));
        } catch (GeneralSecurityException | JacksonException | IllegalArgumentException e) {
            return Optional.of("its certificate or log entry cannot be read: " + e.getMessage());
        }
    }

    private static List<X509Certificate> certificates(String pem) throws CertificateException {
        List<X509Certificate> certificates = new ArrayList<>();
        if (pem.isBlank()) {
            return certificates;
        }
        byte[] bytes = pem.getBytes(StandardCharsets.ISO_8859_1);
        for (var each : CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(bytes))) {
            certificates.add((X509Certificate) each);
        }
        return certificates;
    }

    /** The log promised to hold an entry of just this signature by just this certificate. */
    private Optional<String> logged(SignedClaim claim, SignedClaim.LogEntry entry, X509Certificate certificate)
            throws GeneralSecurityException {
        String promised = "{\"body\":\"" + entry.body() + "\",\"integratedTime\":" + entry.integratedTime()
                + ",\"logID\":\"" + entry.logId() + "\",\"logIndex\":" + entry.logIndex() + "}";
        byte[] message = promised.getBytes(StandardCharsets.UTF_8);
        if (rule.rekorKeys().stream().noneMatch(key -> PublicKeys.verifies(key, message, entry.promise()))) {
            return Optional.of("the promise of the transparency log is by none of the policy's rekor keys");
        }
        JsonNode body = Json.mapper().readTree(Base64.getDecoder().decode(entry.body()));
        JsonNode spec = body.path("spec");
        boolean same = switch (body.path("kind").asString("")) {
            case "hashedrekord" ->
                spec.path("data").path("hash").path("value").asString("").equals(hex(claim.message()))
                        && matches(spec.path("signature"), "publicKey", claim, certificate);
            case "dsse" ->
                spec.path("payloadHash").path("value").asString("").equals(hex(claim.payload()))
                        && any(spec.path("signatures"), claim, certificate);
            default -> false;
        };
        return same ? Optional.empty() : Optional.of("the entry of the transparency log is of another signature");
    }

    private static String hex(byte[] content) {
        return Digest.ofSha256(content).hex();
    }

    private static boolean any(JsonNode signatures, SignedClaim claim, X509Certificate certificate)
            throws CertificateException {
        for (JsonNode signature : signatures) {
            byte[] logged =
                    Base64.getDecoder().decode(signature.path("signature").asString(""));
            if (Arrays.equals(logged, claim.signature())
                    && isCertificate(signature.path("verifier").asString(""), certificate)) {
                return true;
            }
        }
        return false;
    }

    private static boolean matches(JsonNode signature, String key, SignedClaim claim, X509Certificate certificate)
            throws CertificateException {
        byte[] logged = Base64.getDecoder().decode(signature.path("content").asString(""));
        return Arrays.equals(logged, claim.signature())
                && isCertificate(signature.path(key).path("content").asString(""), certificate);
    }

    private static boolean isCertificate(String base64Pem, X509Certificate certificate) throws CertificateException {
        String pem = new String(Base64.getDecoder().decode(base64Pem), StandardCharsets.ISO_8859_1);
        return pem.contains("BEGIN CERTIFICATE") && certificates(pem).contains(certificate);
    }

    private Optional<String> chained(X509Certificate certificate, String chainPem, Instant at) {
        try {
            List<X509Certificate> between = new ArrayList<>(certificates(chainPem));
            Set<TrustAnchor> anchors = rule.roots().stream()
                    .filter(root -> root.getSubjectX500Principal().equals(root.getIssuerX500Principal()))
                    .map(root -> new TrustAnchor(root, null))
                    .collect(Collectors.toSet());
            between.addAll(rule.roots());
            between.add(certificate);
            X509CertSelector target = new X509CertSelector();
            target.setCertificate(certificate);
            target.setExtendedKeyUsage(Set.of(CODE_SIGNING));
            PKIXBuilderParameters parameters = new PKIXBuilderParameters(anchors, target);
            parameters.addCertStore(CertStore.getInstance("Collection", new CollectionCertStoreParameters(between)));
            parameters.setRevocationEnabled(false);
            parameters.setDate(Date.from(at));
            CertPathBuilder.getInstance("PKIX").build(parameters);
            return Optional.empty();
        } catch (InvalidAlgorithmParameterException e) {
            return Optional.of("the policy has no root certificate that signs itself");
        } catch (java.io.IOException | GeneralSecurityException e) {
            return Optional.of(
                    "its certificate does not lead to a root of the policy, or was not valid when it was logged");
        }
    }

    private Optional<String> identified(X509Certificate certificate) {
        String issuer = issuer(certificate);
        if (!issuer.equals(rule.issuer())) {
            return Optional.of("its signer was identified by " + (issuer.isEmpty() ? "nobody" : issuer) + ", not by "
                    + rule.issuer());
        }
        List<String> subjects = subjects(certificate);
        Pattern wanted = Pattern.compile(Arrays.stream(rule.subject().split("\\*", -1))
                .map(Pattern::quote)
                .collect(Collectors.joining(".*")));
        return subjects.stream().anyMatch(subject -> wanted.matcher(subject).matches())
                ? Optional.empty()
                : Optional.of("its signer is " + subjects + ", not " + rule.subject());
    }

    /** The newer extension holds a DER UTF8String, the older one the bare text, both inside an OCTET STRING. */
    private static String issuer(X509Certificate certificate) {
        byte[] newer = certificate.getExtensionValue(ISSUER_V2);
        if (newer != null) {
            return new String(content(content(newer)), StandardCharsets.UTF_8);
        }
        byte[] older = certificate.getExtensionValue(ISSUER);
        return older == null ? "" : new String(content(older), StandardCharsets.UTF_8);
    }

    /** What is inside one DER element; empty when its length makes no sense. */
    private static byte[] content(byte[] der) {
        if (der.length < 2) {
            return new byte[0];
        }
        int length = der[1] & 0xFF;
        int start = 2;
        if (length > 0x80) {
            int bytes = length - 0x80;
            if (bytes > 2 || der.length < 2 + bytes) {
                return new byte[0];
            }
            length = 0;
            for (int i = 0; i < bytes; i++) {
                length = length << 8 | der[start++] & 0xFF;
            }
        }
        return start + length == der.length ? Arrays.copyOfRange(der, start, der.length) : new byte[0];
    }

    private static List<String> subjects(X509Certificate certificate) {
        List<String> subjects = new ArrayList<>();
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            if (names != null) {
                for (List<?> name : names) {
                    if (name.get(0) instanceof Integer type && (type == SAN_EMAIL || type == SAN_URI)) {
                        subjects.add(String.valueOf(name.get(1)));
                    }
                }
            }
        } catch (CertificateException _) {
            // none that can be read
        }
        return subjects;
    }
}
