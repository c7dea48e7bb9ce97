@NullMarked
package io.gantry.image.reference;

import org.jspecify.annotations.NullMarked;
