@NullMarked
package io.gantry.image.registry;

import org.jspecify.annotations.NullMarked;
