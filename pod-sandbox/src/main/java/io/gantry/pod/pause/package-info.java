/**
 * The pause process of a pod: {@link io.gantry.pod.pause.PauseProcess} starts the native program {@code gantry-pause}, whose
 * sources are under {@code src/main/c}, as a {@link io.gantry.pod.pause.PauseSpec} asks for it.
 */
@NullMarked
package io.gantry.pod.pause;

import org.jspecify.annotations.NullMarked;
