/**
 * SPDY/3.1 as Kubernetes speaks it (the draft, and moby/spdystream's habits):
 * {@link io.gantry.cri.streaming.spdy.SpdyConnection} keeps the streams of one connection, the other classes give them their
 * meaning.
 */
@NullMarked
package io.gantry.cri.streaming.spdy;

import org.jspecify.annotations.NullMarked;
