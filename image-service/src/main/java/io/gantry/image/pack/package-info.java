/**
 * The way back from stored files to archives: {@link io.gantry.image.pack.LayerTar} makes a tar stream of a layer's files,
 * {@link io.gantry.image.pack.LayerSeals} remembers its digest to find damage later, {@link io.gantry.image.pack.TarWriter}
 * writes what changed in a container.
 */
@NullMarked
package io.gantry.image.pack;

import org.jspecify.annotations.NullMarked;
