/** A registry that fails in a way that a test chooses, and the images that it serves. */
@NullMarked
package io.gantry.e2e.faults;

import org.jspecify.annotations.NullMarked;
