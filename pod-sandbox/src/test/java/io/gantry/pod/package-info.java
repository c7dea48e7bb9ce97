/** Tests of sandboxes and containers as a whole, on real parts. */
@NullMarked
package io.gantry.pod;

import org.jspecify.annotations.NullMarked;
