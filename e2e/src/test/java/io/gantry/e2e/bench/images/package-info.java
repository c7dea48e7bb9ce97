/**
 * The images of the pull benchmark: made from a seed, so that every machine has the same bytes, with the mix of file sizes
 * and of compressible and incompressible content that application images have.
 */
@NullMarked
package io.gantry.e2e.bench.images;

import org.jspecify.annotations.NullMarked;
