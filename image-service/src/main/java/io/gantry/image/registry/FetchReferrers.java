package io.gantry.image.registry;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.DocumentLimits;
import io.gantry.image.spec.MediaTypes;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the index of what refers to a manifest: signatures, attestations and the like.
 *
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers">distribution-spec, referrers</a>
 */
final class FetchReferrers {
    private final RegistryRequests requests;
    private final RegistryClientConfig config;

    FetchReferrers(RegistryRequests requests, RegistryClientConfig config) {
        this.requests = requests;
        this.config = config;
    }

    /** @throws EndpointException NOT_FOUND when the endpoint does not know this request */
    byte[] at(Endpoint endpoint, ImageReference reference, Digest subject, @Nullable RegistryCredentials credentials)
            throws EndpointException, InterruptedException {
        HttpReply reply = requests.get(
                endpoint,
                endpoint.referrers(reference, subject.toString()),
                reference,
                credentials,
                Map.of("Accept", MediaTypes.OCI_INDEX));
        return SmallContent.read(endpoint, reply, DocumentLimits.MANIFEST_BYTES, null, config.progressTimeout());
    }
}
