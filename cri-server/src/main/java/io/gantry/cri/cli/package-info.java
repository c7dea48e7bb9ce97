/**
 * The commands of {@code gantry} other than the daemon: {@link io.gantry.cri.cli.GantryCommands}. Those about images and
 * pods are clients of the CRI socket like crictl; they see nothing of the daemon's inside.
 */
@NullMarked
package io.gantry.cri.cli;

import org.jspecify.annotations.NullMarked;
