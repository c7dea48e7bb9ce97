/**
 * The first process of a pod: {@link io.gantry.pod.pause.PauseSpec} says what it shall be,
 * {@link io.gantry.pod.pause.PauseProcess} starts it through the native program {@code gantry-pause}
 * ({@code src/main/c}), which makes the pod's namespaces and waits in them. Pinning namespaces and ending the process are
 * not done here.
 */
@NullMarked
package io.gantry.pod.pause;

import org.jspecify.annotations.NullMarked;
