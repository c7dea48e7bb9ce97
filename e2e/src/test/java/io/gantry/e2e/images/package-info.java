/**
 * The images the end-to-end runs pull, made on this machine from Debian's own packages, and the local registry that
 * serves them. {@link io.gantry.e2e.images.BuildTestImages} also runs straight from source ({@code java
 * BuildTestImages.java}), so nothing here may use more than the JDK.
 */
@NullMarked
package io.gantry.e2e.images;

import org.jspecify.annotations.NullMarked;
