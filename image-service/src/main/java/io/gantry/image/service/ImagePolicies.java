package io.gantry.image.service;

import io.gantry.image.trust.TrustConfig;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What a node wants of images beyond their storage.
 *
 * @param trust which images may come in and run
 * @param dockerConfig credentials for requests that bring none, a {@code config.json}; null for none
 * @param sealLayers whether layers are read once after a pull, in the background, so that damage can be found later
 */
public record ImagePolicies(TrustConfig trust, @Nullable Path dockerConfig, boolean sealLayers) {
    /** Everything is let in, nothing is shown that a request does not bring, no layer is read again. */
    public static final ImagePolicies NONE = new ImagePolicies(TrustConfig.NONE, null, false);
}
