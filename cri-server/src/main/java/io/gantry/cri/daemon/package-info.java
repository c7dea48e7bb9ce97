/**
 * The program: {@link io.gantry.cri.daemon.GantryMain} chooses between the daemon and a command,
 * {@link io.gantry.cri.daemon.GantryDaemon} puts all parts together, starts them in order and stops them in reverse.
 */
@NullMarked
package io.gantry.cri.daemon;

import org.jspecify.annotations.NullMarked;
