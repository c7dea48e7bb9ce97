package io.gantry.image.trust;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.pull.ImageSource;
import io.gantry.image.record.ImageRecord;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.testing.MemoryRegistry;
import io.gantry.image.testing.Signer;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.TestDirectories;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ImageTrustTests {
    private final TestDirectories directories = TestDirectories.create();

    @AfterEach
    void close() {
        directories.close();
    }

    /** The same image is removed while it is pulled: what let it in counts again when it is listed. */
    @Test
    void aRemovalInTheMiddleOfAPullTakesNoTrustAway() throws Exception {
        Signer signer = Signer.create("EC");
        signer.write(directories.root().resolve("team.pub"));
        Path policy = directories.file(
                "trust.toml", "[[rule]]\nmatch = \"r.io\"\nrequire = \"signed\"\nkeys = [\"team.pub\"]\n");
        ImageTrust trust = ImageTrust.open(
                new TrustConfig(policy, null, Duration.ofSeconds(1)),
                directories.dir("trust"),
                SpawnProcessRunner.shared());
        MemoryRegistry registry = new MemoryRegistry();
        TestImage image = TestImage.oci().build();
        registry.put("r.io/app:1", image);
        ImageReference reference = ImageReference.parse("r.io/app:1");
        byte[] payload = Signer.payload("r.io/app", image.top().digest());
        SignedClaim claim = new SignedClaim(
                SignedClaim.Form.SIMPLE_SIGNING, payload, payload, signer.sign(payload), null, "", null);
        TrustedSource source = new TrustedSource(registry.source(reference), trust, reference, _ -> List.of(claim));

        ImageSource.Document resolved = source.resolve();
        String name = reference.repoDigest(resolved.descriptor().digest());
        ImageRecord record = new ImageRecord(
                image.id(),
                List.of("r.io/app:1"),
                List.of(name),
                resolved.descriptor().digest().toString(),
                "{}",
                List.of(),
                0,
                Map.of(),
                Instant.EPOCH);
        trust.requireRunnable(record, "run");
        trust.forget(name, _ -> true);
        assertThatCode(() -> trust.requireRunnable(record, "run")).doesNotThrowAnyException();

        trust.forget(name, _ -> false);
        assertThatThrownBy(() -> trust.requireRunnable(record, "run")).hasMessageStartingWith("SignatureValidationFailed");
        source.listed();
        assertThatCode(() -> trust.requireRunnable(record, "run")).doesNotThrowAnyException();
    }
}
