/**
 * From a layer's tar stream to a directory tree that overlayfs can stack: {@link io.gantry.image.extract.TarReader} reads
 * the entries with bounded memory and keeps names and attributes byte for byte, {@link
 * io.gantry.image.extract.TarExtractor} applies them. Everything is reached through the descriptor of the layer's root, so
 * no name or link in an archive leads out of it.
 */
@NullMarked
package io.gantry.image.extract;

import org.jspecify.annotations.NullMarked;
