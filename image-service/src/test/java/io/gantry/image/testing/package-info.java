/** Archives, images and registries for the tests of this module. */
@NullMarked
package io.gantry.image.testing;

import org.jspecify.annotations.NullMarked;
