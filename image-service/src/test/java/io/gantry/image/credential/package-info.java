@NullMarked
package io.gantry.image.credential;

import org.jspecify.annotations.NullMarked;
