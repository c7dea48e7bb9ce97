/**
 * The way back from stored layers to archives: {@link io.gantry.image.pack.LayerTar} makes a tar stream of a layer's
 * files, {@link io.gantry.image.pack.LayerSeals} remembers its digest to find damage later.
 */
@NullMarked
package io.gantry.image.pack;

import org.jspecify.annotations.NullMarked;
