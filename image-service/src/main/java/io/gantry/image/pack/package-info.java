/** The way from files back to archives: {@link io.gantry.image.pack.TarWriter}. */
@NullMarked
package io.gantry.image.pack;

import org.jspecify.annotations.NullMarked;
