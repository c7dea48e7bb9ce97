package io.gantry.image.trust;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Where the rules are.
 *
 * @param policyFile see {@link TrustPolicyFile}; null: everything is let in
 * @param verifierDir see {@link VerifierPrograms}; null: nobody is asked
 * @param verifierTimeout of each program
 */
public record TrustConfig(
        @Nullable Path policyFile, @Nullable Path verifierDir, Duration verifierTimeout) {
    /** Lets everything in. */
    public static final TrustConfig NONE = new TrustConfig(null, null, Duration.ofSeconds(10));
}
