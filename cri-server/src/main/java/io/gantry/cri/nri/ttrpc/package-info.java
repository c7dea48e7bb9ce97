/**
 * Calls over ttrpc in both directions on one connection, as NRI multiplexes them. Nothing here knows what is called.
 *
 * @see <a href="https://github.com/containerd/ttrpc/blob/main/PROTOCOL.md">the protocol</a>
 */
@NullMarked
package io.gantry.cri.nri.ttrpc;

import org.jspecify.annotations.NullMarked;
