/**
 * What a client's streams are joined to, whatever protocol it speaks: a command in a container, a container's own streams, a
 * port of a pod. {@link io.gantry.cri.streaming.session.CommandSession} and
 * {@link io.gantry.cri.streaming.session.ForwardedConnection} run on one event loop;
 * {@link io.gantry.cri.streaming.session.DescriptorStream} brings pipes, terminals and sockets to it.
 */
@NullMarked
package io.gantry.cri.streaming.session;

import org.jspecify.annotations.NullMarked;
