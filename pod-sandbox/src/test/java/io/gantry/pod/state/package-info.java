/** Tests of {@code io.gantry.pod.state}. */
@NullMarked
package io.gantry.pod.state;

import org.jspecify.annotations.NullMarked;
