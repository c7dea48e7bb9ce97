package io.gantry.image.trust;

import io.gantry.image.reference.Digest;
import java.util.List;

/** Where signatures of an image are looked for. */
@FunctionalInterface
public interface SignatureStore {
    /**
     * All signatures of what an image's name means; an empty list when there are none.
     *
     * @throws io.gantry.platform.error.GantryException when they could not be looked for: that is no answer
     */
    List<SignedClaim> signatures(Digest subject) throws InterruptedException;
}
