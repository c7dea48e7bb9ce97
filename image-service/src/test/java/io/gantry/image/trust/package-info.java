@NullMarked
package io.gantry.image.trust;

import org.jspecify.annotations.NullMarked;
