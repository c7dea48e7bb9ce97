/**
 * Pod sandboxes and containers. {@link io.gantry.pod.PodService} puts the packages of this module together; {@code
 * io.gantry.pod.sandbox} and {@code io.gantry.pod.container} hold the CRI verbs.
 */
@NullMarked
package io.gantry.pod;

import org.jspecify.annotations.NullMarked;
