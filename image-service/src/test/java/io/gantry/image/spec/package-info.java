@NullMarked
package io.gantry.image.spec;

import org.jspecify.annotations.NullMarked;
