package io.gantry.image.service;

import io.gantry.image.registry.RegistryCredentials;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An image to pull.
 *
 * @param reference as the user wrote it
 * @param annotations of the pod; kept for policies, they change nothing yet
 * @param runtimeHandler of the pod; all handlers share the same images
 */
public record PullRequest(
        String reference,
        @Nullable RegistryCredentials credentials,
        Map<String, String> annotations,
        @Nullable String runtimeHandler) {
    public PullRequest {
        annotations = Map.copyOf(annotations);
    }

    /** A request without credentials. */
    public static PullRequest of(String reference) {
        return new PullRequest(reference, null, Map.of(), null);
    }
}
