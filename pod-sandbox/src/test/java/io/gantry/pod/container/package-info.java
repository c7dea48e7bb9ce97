@NullMarked
package io.gantry.pod.container;

import org.jspecify.annotations.NullMarked;
