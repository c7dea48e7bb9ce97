/** Tests of {@code io.gantry.pod.activity}. */
@NullMarked
package io.gantry.pod.activity;

import org.jspecify.annotations.NullMarked;
