/**
 * The sub-protocols of WebSocket that Kubernetes speaks: channels named by the first byte of a message
 * ({@link io.gantry.cri.streaming.websocket.ChannelProtocol}), and SPDY in a tunnel.
 */
@NullMarked
package io.gantry.cri.streaming.websocket;

import org.jspecify.annotations.NullMarked;
