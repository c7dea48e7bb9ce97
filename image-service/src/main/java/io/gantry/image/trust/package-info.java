/**
 * Which images may be pulled and run: {@link io.gantry.image.trust.ImageTrust} asks the policy ({@link
 * io.gantry.image.trust.TrustPolicy}), signatures that are found beside the image in its registry, and the verifier
 * programs of the node.
 */
@NullMarked
package io.gantry.image.trust;

import org.jspecify.annotations.NullMarked;
