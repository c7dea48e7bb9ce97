@NullMarked
package io.gantry.image.docker;

import org.jspecify.annotations.NullMarked;
