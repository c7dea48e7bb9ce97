/**
 * Names of images and content: {@link io.gantry.image.reference.ImageReference} as Docker and the kubelet write it,
 * {@link io.gantry.image.reference.Digest} and {@link io.gantry.image.reference.Platform}. Values that cannot be wrong; no I/O.
 */
@NullMarked
package io.gantry.image.reference;

import org.jspecify.annotations.NullMarked;
