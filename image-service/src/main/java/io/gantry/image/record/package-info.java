/**
 * Which images there are, what they are called and where their parts are: {@link io.gantry.image.record.ImageCatalog},
 * one JSON record per image. An image in here has all its layers.
 */
@NullMarked
package io.gantry.image.record;

import org.jspecify.annotations.NullMarked;
