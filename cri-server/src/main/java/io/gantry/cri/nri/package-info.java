/**
 * The runtime side of the Node Resource Interface: plugins connect to a socket or are started by the daemon, are told what
 * exists, and from then on take part in the life of pods and containers. Only this package knows NRI's messages.
 *
 * @see <a href="https://github.com/containerd/nri">NRI</a>
 */
@NullMarked
package io.gantry.cri.nri;

import org.jspecify.annotations.NullMarked;
