package io.gantry.image.trust;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.testing.Signer;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClaimCheckTests {
    private static final Digest IMAGE = Digest.ofSha256("image".getBytes(StandardCharsets.UTF_8));
    private static final String IN_TOTO = "application/vnd.in-toto+json";
    private static final String SUBJECT = "https://example.com/org/repo/.github/workflows/release.yml@refs/tags/v1";
    private static final String ISSUER = "https://issuer.example.com";

    private final TestDirectories directories = TestDirectories.create();
    private final ClaimCheck check = new ClaimCheck(ImageReference.parse("r.io/app:1"), IMAGE);

    @AfterEach
    void close() {
        directories.close();
    }

    private static SignedClaim claim(byte[] payload, byte[] signature) {
        return new SignedClaim(SignedClaim.Form.SIMPLE_SIGNING, payload, payload, signature, null, "", null);
    }

    @ParameterizedTest
    @ValueSource(strings = {"EC", "RSA", "Ed25519"})
    void aSignatureByAKeyOfThePolicy(String algorithm) {
        Signer signer = Signer.create(algorithm);
        Signer other = Signer.create(algorithm);
        TrustRule.Signed rule = new TrustRule.Signed(
                List.of(other.keys().getPublic(), signer.keys().getPublic()), false);
        byte[] payload = Signer.payload("r.io/app", IMAGE);
        byte[] signature = signer.sign(payload);

        assertThat(check.problem(claim(payload, signature), rule)).isEmpty();
        assertThat(check.problem(claim(payload, Signer.create("EC").sign(payload)), rule))
                .contains("it is by none of the keys of the policy");
        assertThat(check.problem(claim(payload, new byte[0]), rule))
                .contains("it is by none of the keys of the policy");
        byte[] elsewhere = Signer.payload("r.io/other", IMAGE);
        SignedClaim moved = claim(elsewhere, signer.sign(elsewhere));
        assertThat(check.problem(moved, rule)).contains("it signs the image of another repository, r.io/other");
        assertThat(check.problem(moved, new TrustRule.Signed(rule.keys(), true)))
                .isEmpty();
        byte[] another = Signer.payload("r.io/app", Digest.ofSha256(new byte[0]));
        assertThat(check.problem(claim(another, signer.sign(another)), rule).orElse(""))
                .startsWith("it signs another image, sha256:e3b0");
        byte[] rubbish = "[".getBytes(StandardCharsets.UTF_8);
        assertThat(check.problem(claim(rubbish, signer.sign(rubbish)), rule)).contains("what it signs is no JSON");
    }

    private static SignedClaim bundle(Signer signer, String type, String predicate) {
        byte[] statement = ("{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"digest\":{\"sha256\":\""
                        + IMAGE.hex() + "\"}}],\"predicateType\":\"" + predicate + "\",\"predicate\":{}}")
                .getBytes(StandardCharsets.UTF_8);
        byte[] signature = signer.sign(SignatureDocuments.preAuthentication(type, statement));
        Base64.Encoder base64 = Base64.getEncoder();
        String bundle = "{\"mediaType\":\"application/vnd.dev.sigstore.bundle.v0.3+json\",\"verificationMaterial\":{"
                + "\"publicKey\":{\"hint\":\"x\"}},\"dsseEnvelope\":{\"payload\":\"" + base64.encodeToString(statement)
                + "\",\"payloadType\":\"" + type + "\",\"signatures\":[{\"sig\":\"" + base64.encodeToString(signature)
                + "\"}]}}";
        return SignatureDocuments.read(
                        io.gantry.image.spec.Descriptor.of(
                                "application/vnd.dev.sigstore.bundle.v0.3+json", IMAGE, bundle.length()),
                        bundle.getBytes(StandardCharsets.UTF_8))
                .orElseThrow();
    }

    @Test
    void aBundleByAKey() {
        Signer signer = Signer.create("EC");
        TrustRule.Signed rule = new TrustRule.Signed(List.of(signer.keys().getPublic()), false);
        SignedClaim claim = bundle(signer, IN_TOTO, "https://sigstore.dev/cosign/sign/v1");

        assertThat(check.problem(claim, rule)).isEmpty();
        assertThat(check.problem(
                        claim,
                        new TrustRule.Signed(List.of(Signer.create("EC").keys().getPublic()), false)))
                .contains("it is by none of the keys of the policy");
        assertThat(new ClaimCheck(ImageReference.parse("r.io/app:1"), Digest.ofSha256(new byte[0]))
                        .problem(claim, rule))
                .contains("it signs another image");
    }

    /** A provenance by the same key says how the image was built, not that it may run. */
    @Test
    void anAttestationIsNoSignature() {
        Signer signer = Signer.create("EC");
        TrustRule.Signed rule = new TrustRule.Signed(List.of(signer.keys().getPublic()), false);

        assertThat(check.problem(bundle(signer, IN_TOTO, "https://slsa.dev/provenance/v1"), rule))
                .contains("it is an attestation of type https://slsa.dev/provenance/v1, no signature");
        assertThat(check.problem(bundle(signer, IN_TOTO, ""), rule))
                .contains("it is an attestation of type , no signature");
        assertThat(check.problem(bundle(signer, "text/plain", "https://sigstore.dev/cosign/sign/v1"), rule))
                .contains("what it signs is no statement about an image");
    }

    private X509Certificate certificate(Path file) throws Exception {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(file)));
    }

    private void openssl(String... arguments) throws Exception {
        String[] command = new String[arguments.length + 1];
        command[0] = Privileges.assumeProgram("openssl");
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command)
                .directory(directories.root().toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    /** A signature by a certificate that lives a day, made by a root of our own. */
    private final class Fulcio {
        final X509Certificate root;
        final Signer rekor = Signer.create("EC");
        final byte[] payload = Signer.payload("r.io/app", IMAGE);
        final byte[] signature;

        Fulcio(String subject) throws Exception {
            Path root = directories.root();
            Files.writeString(
                    root.resolve("leaf.ext"),
                    "keyUsage=critical,digitalSignature\nextendedKeyUsage=codeSigning\nsubjectAltName=critical,URI:"
                            + subject + "\n1.3.6.1.4.1.57264.1.8=ASN1:UTF8String:" + ISSUER + "\n");
            openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "ca.key");
            openssl("req", "-x509", "-new", "-key", "ca.key", "-subj", "/CN=ca", "-days", "2", "-out", "ca.pem");
            openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", "leaf.key");
            openssl("req", "-new", "-key", "leaf.key", "-subj", "/", "-out", "leaf.csr");
            openssl(
                    "x509",
                    "-req",
                    "-in",
                    "leaf.csr",
                    "-CA",
                    "ca.pem",
                    "-CAkey",
                    "ca.key",
                    "-CAcreateserial",
                    "-days",
                    "1",
                    "-extfile",
                    "leaf.ext",
                    "-out",
                    "leaf.pem");
            Files.write(root.resolve("payload"), payload);
            openssl("dgst", "-sha256", "-sign", "leaf.key", "-out", "signature", "payload");
            this.root = certificate(root.resolve("ca.pem"));
            signature = Files.readAllBytes(root.resolve("signature"));
        }

        SignedClaim claim(byte[] loggedSignature, Instant at) throws Exception {
            String pem = Files.readString(directories.root().resolve("leaf.pem"));
            Base64.Encoder base64 = Base64.getEncoder();
            String body = base64.encodeToString(("{\"kind\":\"hashedrekord\",\"spec\":{\"data\":{\"hash\":{\"value\":\""
                            + Digest.ofSha256(payload).hex() + "\"}},\"signature\":{\"content\":\""
                            + base64.encodeToString(loggedSignature) + "\",\"publicKey\":{\"content\":\""
                            + base64.encodeToString(pem.getBytes(StandardCharsets.UTF_8)) + "\"}}}}")
                    .getBytes(StandardCharsets.UTF_8));
            String promised = "{\"body\":\"" + body + "\",\"integratedTime\":" + at.getEpochSecond()
                    + ",\"logID\":\"abc\",\"logIndex\":7}";
            return new SignedClaim(
                    SignedClaim.Form.SIMPLE_SIGNING,
                    payload,
                    payload,
                    signature,
                    pem,
                    "",
                    new SignedClaim.LogEntry(
                            body,
                            at.getEpochSecond(),
                            7,
                            "abc",
                            rekor.sign(promised.getBytes(StandardCharsets.UTF_8))));
        }

        TrustRule.Keyless rule(String issuer, String subject) {
            return new TrustRule.Keyless(
                    issuer, subject, List.of(root), List.of(rekor.keys().getPublic()), false);
        }
    }

    @Test
    void aShortLivedCertificateAndTheLog() throws Exception {
        Fulcio fulcio = new Fulcio(SUBJECT);
        Instant now = Instant.now().plusSeconds(60);
        SignedClaim good = fulcio.claim(fulcio.signature, now);

        assertThat(check.problem(good, fulcio.rule(ISSUER, SUBJECT))).isEmpty();
        assertThat(check.problem(good, fulcio.rule(ISSUER, "https://example.com/org/repo/*")))
                .isEmpty();

        Map<String, Optional<String>> refused = Map.of(
                "was identified by https://issuer.example.com, not by https://other",
                        check.problem(good, fulcio.rule("https://other", SUBJECT)),
                "its signer is [https://example.com/",
                        check.problem(good, fulcio.rule(ISSUER, "https://example.com/other/*")),
                "is by none of the policy's rekor keys",
                        check.problem(
                                good,
                                new TrustRule.Keyless(
                                        ISSUER,
                                        SUBJECT,
                                        List.of(fulcio.root),
                                        List.of(Signer.create("EC").keys().getPublic()),
                                        false)),
                "is of another signature",
                        check.problem(fulcio.claim(new byte[] {1}, now), fulcio.rule(ISSUER, SUBJECT)),
                "was not valid when it was logged",
                        check.problem(
                                fulcio.claim(fulcio.signature, now.plusSeconds(3 * 86_400)),
                                fulcio.rule(ISSUER, SUBJECT)),
                "it has no certificate",
                        check.problem(claim(fulcio.payload, fulcio.signature), fulcio.rule(ISSUER, SUBJECT)),
                "does not lead to a root of the policy",
                        check.problem(
                                good,
                                new TrustRule.Keyless(
                                        ISSUER,
                                        SUBJECT,
                                        List.of(new Fulcio(SUBJECT).root),
                                        List.of(fulcio.rekor.keys().getPublic()),
                                        false)));
        refused.forEach((problem, actual) ->
                assertThat(actual.orElse("let in")).as(problem).contains(problem));
    }
}
