/** Which Gantry this is. */
@NullMarked
package io.gantry.cri.version;

import org.jspecify.annotations.NullMarked;
