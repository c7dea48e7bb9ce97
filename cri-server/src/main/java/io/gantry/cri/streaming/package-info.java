/**
 * The server behind the URLs that Exec, Attach and PortForward answer with:
 * {@link io.gantry.cri.streaming.StreamingServer} hands out the URLs and listens,
 * {@link io.gantry.cri.streaming.UpgradeHandler} takes a request to the protocol that it asks for. Knows nothing of gRPC.
 */
@NullMarked
package io.gantry.cri.streaming;

import org.jspecify.annotations.NullMarked;
