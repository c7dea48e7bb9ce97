package io.gantry.cri.streaming.websocket;

import io.gantry.cri.streaming.session.RemoteCommandVersion;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A WebSocket sub-protocol in which each message belongs to a channel, named by its first byte: 0 input, 1 output, 2 errors
 * of the process, 3 result, 4 size of the terminal. In the base64 forms messages are text, the first character is the
 * channel's digit and the rest is encoded.
 */
public enum ChannelProtocol {
    V5("v5.channel.k8s.io", RemoteCommandVersion.V5, false),
    V4("v4.channel.k8s.io", RemoteCommandVersion.V4, false),
    V4_BASE64("v4.base64.channel.k8s.io", RemoteCommandVersion.V4, true),
    V3("v3.channel.k8s.io", RemoteCommandVersion.V3, false),
    V2("v2.channel.k8s.io", RemoteCommandVersion.V2, false),
    BINARY("channel.k8s.io", RemoteCommandVersion.V1, false),
    BASE64("base64.channel.k8s.io", RemoteCommandVersion.V1, true),
    /** What a client gets that asks for no sub-protocol. */
    NONE("", RemoteCommandVersion.V1, false);

    /** For the streams of a command, the best first. */
    public static final Set<ChannelProtocol> COMMANDS = EnumSet.allOf(ChannelProtocol.class);
    /** For ports. */
    public static final Set<ChannelProtocol> PORTS = EnumSet.of(V4, V4_BASE64, NONE);

    private final String protocolName;
    private final RemoteCommandVersion version;
    private final boolean base64;

    ChannelProtocol(String protocolName, RemoteCommandVersion version, boolean base64) {
        this.protocolName = protocolName;
        this.version = version;
        this.base64 = base64;
    }

    public String protocolName() {
        return protocolName;
    }

    public RemoteCommandVersion version() {
        return version;
    }

    public boolean isBase64() {
        return base64;
    }

    /** Whether channel 255 says that another channel has ended. */
    public boolean hasCloseSignal() {
        return this == V5;
    }

    /** The best of {@code known} among those offered; {@link #NONE} for a client that offers none. */
    public static Optional<ChannelProtocol> choose(List<String> offered, Set<ChannelProtocol> known) {
        if (offered.isEmpty()) {
            return Optional.of(NONE);
        }
        return Arrays.stream(values())
                .filter(protocol -> known.contains(protocol) && offered.contains(protocol.protocolName))
                .findFirst();
    }
}
