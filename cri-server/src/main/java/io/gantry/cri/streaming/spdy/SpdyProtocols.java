package io.gantry.cri.streaming.spdy;

import io.gantry.cri.streaming.session.RemoteCommandVersion;
import io.netty.handler.codec.spdy.SpdyFrameCodec;
import io.netty.handler.codec.spdy.SpdyVersion;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What is offered and answered in {@code X-Stream-Protocol-Version} when a connection is upgraded to SPDY. */
public final class SpdyProtocols {
    /** The only protocol of port-forward. */
    public static final String PORT_FORWARD = "portforward.k8s.io";

    private static final Map<String, RemoteCommandVersion> VERSIONS = Map.of(
            "v4.channel.k8s.io", RemoteCommandVersion.V4,
            "v3.channel.k8s.io", RemoteCommandVersion.V3,
            "v2.channel.k8s.io", RemoteCommandVersion.V2,
            "channel.k8s.io", RemoteCommandVersion.V1);

    /** Protocols of commands, the best first. */
    public static final List<String> COMMANDS =
            List.of("v4.channel.k8s.io", "v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io");

    private static final int MAX_CHUNK = 32 << 10;
    private static final int MAX_HEADERS = 16 << 10;

    private SpdyProtocols() {}

    /**
     * The first one that the client offers and that is known; a client that offers none is from before the choice and
     * speaks the last one of {@code known}.
     */
    public static Optional<String> choose(List<String> offered, List<String> known) {
        return offered.isEmpty()
                ? Optional.of(known.getLast())
                : offered.stream().filter(known::contains).findFirst();
    }

    /** The version of a protocol of {@link #COMMANDS}. */
    public static RemoteCommandVersion version(String protocol) {
        RemoteCommandVersion version = VERSIONS.get(protocol);
        if (version == null) {
            throw new IllegalArgumentException("unknown protocol " + protocol);
        }
        return version;
    }

    /** Frames of SPDY/3.1, in pieces of at most 32 KiB. */
    public static SpdyFrameCodec codec() {
        return new SpdyFrameCodec(SpdyVersion.SPDY_3_1, MAX_CHUNK, MAX_HEADERS, 6, 15, 8);
    }
}
