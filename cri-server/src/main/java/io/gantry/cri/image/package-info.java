/**
 * ImageService of CRI: {@link io.gantry.cri.image.ImageServiceEndpoint} translates, delegates to
 * {@link io.gantry.cri.image.ImageOperations} and translates back.
 */
@NullMarked
package io.gantry.cri.image;

import org.jspecify.annotations.NullMarked;
