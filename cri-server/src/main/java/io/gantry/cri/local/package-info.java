/**
 * The images of this node in this process: {@link io.gantry.cri.local.LocalImages} opens them as the daemon does, under the
 * same lock.
 */
@NullMarked
package io.gantry.cri.local;

import org.jspecify.annotations.NullMarked;
