@NullMarked
package io.gantry.image.archive;

import org.jspecify.annotations.NullMarked;
