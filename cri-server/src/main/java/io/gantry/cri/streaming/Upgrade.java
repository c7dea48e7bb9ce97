package io.gantry.cri.streaming;

import io.gantry.cri.streaming.session.IdleTimer;
import io.gantry.cri.streaming.session.SessionContext;
import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.Wire;
import io.gantry.cri.streaming.spdy.SpdyCommand;
import io.gantry.cri.streaming.spdy.SpdyConnection;
import io.gantry.cri.streaming.spdy.SpdyPortForward;
import io.gantry.cri.streaming.spdy.SpdyProtocols;
import io.gantry.cri.streaming.websocket.ChannelProtocol;
import io.gantry.cri.streaming.websocket.WebSocketCommand;
import io.gantry.cri.streaming.websocket.WebSocketPortForward;
import io.gantry.cri.streaming.websocket.WebSocketTunnel;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.websocketx.WebSocketDecoderConfig;
import io.netty.handler.codec.http.websocketx.WebSocketFrameAggregator;
import io.netty.handler.codec.http.websocketx.WebSocketHandshakeException;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshaker;
import io.netty.handler.codec.http.websocketx.WebSocketServerHandshakerFactory;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** Takes one connection from HTTP to the protocol that its client asks for. */
final class Upgrade {
    static final String SPDY = "SPDY/3.1";

    /** Longest WebSocket message: clients send input in pieces, but some put a whole file into one. */
    private static final int MAX_MESSAGE = 16 << 20;

    private static final String PROTOCOL_HEADER = "X-Stream-Protocol-Version";

    private final SessionContext context;
    private final StreamingOptions options;
    private final ChannelHandlerContext handler;
    private final Channel channel;
    private final FullHttpRequest http;
    private final StreamRequest request;
    private final Map<String, List<String>> parameters;

    Upgrade(
            SessionContext context,
            StreamingOptions options,
            ChannelHandlerContext handler,
            FullHttpRequest http,
            StreamRequest request,
            Map<String, List<String>> parameters) {
        this.context = context;
        this.options = options;
        this.handler = handler;
        this.channel = handler.channel();
        this.http = http;
        this.request = request;
        this.parameters = parameters;
    }

    /** @return why it is refused, empty when the connection speaks SPDY now */
    Optional<String> toSpdy() {
        List<String> known = request instanceof StreamRequest.PortForward
                ? List.of(SpdyProtocols.PORT_FORWARD)
                : SpdyProtocols.COMMANDS;
        List<String> offered = offered(PROTOCOL_HEADER);
        Optional<String> protocol = SpdyProtocols.choose(offered, known);
        if (protocol.isEmpty()) {
            return Optional.of(refusal(offered, known));
        }
        FullHttpResponse response =
                new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.SWITCHING_PROTOCOLS);
        response.headers()
                .set(HttpHeaderNames.CONNECTION, HttpHeaderValues.UPGRADE)
                .set(HttpHeaderNames.UPGRADE, SPDY);
        if (!offered.isEmpty()) {
            response.headers().set(PROTOCOL_HEADER, protocol.get());
        }
        Wire.send(channel, response);
        ChannelPipeline pipeline = channel.pipeline();
        pipeline.addLast(SpdyProtocols.codec(), spdy(protocol.get()));
        pipeline.remove(handler.handler());
        pipeline.remove(HttpObjectAggregator.class);
        pipeline.remove(HttpServerCodec.class);
        return Optional.empty();
    }

    private SpdyConnection spdy(String protocol) {
        return switch (request) {
            case StreamRequest.Command command ->
                new SpdyCommand(
                                context,
                                command,
                                SpdyProtocols.version(protocol),
                                channel,
                                options.creationTimeout(),
                                idleTimer())
                        .connection();
            case StreamRequest.PortForward forward -> portForward(forward);
        };
    }

    private SpdyConnection portForward(StreamRequest.PortForward forward) {
        return new SpdyPortForward(context, forward, channel, options.creationTimeout(), idleTimer()).connection();
    }

    /** @return why it is refused, empty when the connection speaks WebSocket now */
    Optional<String> toWebSocket() {
        List<String> offered = offered(HttpHeaderNames.SEC_WEBSOCKET_PROTOCOL.toString());
        return switch (request) {
            case StreamRequest.Command command -> command(command, offered);
            case StreamRequest.PortForward forward ->
                offered.contains(WebSocketTunnel.PORT_FORWARD) ? tunnel(forward) : ports(forward, offered);
        };
    }

    private Optional<String> command(StreamRequest.Command command, List<String> offered) {
        Optional<ChannelProtocol> protocol = ChannelProtocol.choose(offered, ChannelProtocol.COMMANDS);
        if (protocol.isEmpty()) {
            return Optional.of(refusal(offered, names(ChannelProtocol.COMMANDS)));
        }
        WebSocketCommand client = new WebSocketCommand(context, command, protocol.get(), channel, idleTimer());
        return handshake(protocol.get().protocolName(), () -> {
            channel.pipeline().addLast(new WebSocketFrameAggregator(MAX_MESSAGE), client);
            client.start();
        });
    }

    private Optional<String> ports(StreamRequest.PortForward forward, List<String> offered) {
        Optional<ChannelProtocol> protocol = ChannelProtocol.choose(offered, ChannelProtocol.PORTS);
        if (protocol.isEmpty()) {
            return Optional.of(refusal(
                    offered,
                    Stream.concat(Stream.of(WebSocketTunnel.PORT_FORWARD), names(ChannelProtocol.PORTS).stream())
                            .toList()));
        }
        List<Integer> ports;
        try {
            ports = forward.ports().isEmpty() ? portsOfQuery() : forward.ports();
        } catch (NumberFormatException e) {
            return Optional.of("the ports in the query must be numbers from 1 to 65535");
        }
        if (ports.isEmpty() || ports.size() > WebSocketPortForward.MAX_PORTS) {
            return Optional.of(
                    "from 1 to " + WebSocketPortForward.MAX_PORTS + " ports must be asked for, in the query as ports");
        }
        WebSocketPortForward client =
                new WebSocketPortForward(context, forward, ports, protocol.get(), channel, idleTimer());
        return handshake(protocol.get().protocolName(), () -> {
            channel.pipeline().addLast(new WebSocketFrameAggregator(MAX_MESSAGE), client);
            client.start();
        });
    }

    private List<Integer> portsOfQuery() {
        return Stream.of("ports", "port")
                .flatMap(name -> parameters.getOrDefault(name, List.of()).stream())
                .flatMap(value -> Stream.of(value.split(",")))
                .map(value -> {
                    int port = Integer.parseInt(value.strip());
                    if (port < 1 || port > 65535) {
                        throw new NumberFormatException(value);
                    }
                    return port;
                })
                .toList();
    }

    private Optional<String> tunnel(StreamRequest.PortForward forward) {
        return handshake(
                WebSocketTunnel.PORT_FORWARD,
                () -> channel.pipeline().addLast(new WebSocketTunnel(), SpdyProtocols.codec(), portForward(forward)));
    }

    private Optional<String> handshake(String protocol, Runnable next) {
        WebSocketServerHandshaker handshaker = new WebSocketServerHandshakerFactory(
                        "ws://" + http.headers().get(HttpHeaderNames.HOST, "localhost") + http.uri(),
                        protocol.isEmpty() ? null : protocol,
                        WebSocketDecoderConfig.newBuilder()
                                .allowExtensions(false)
                                .maxFramePayloadLength(MAX_MESSAGE)
                                .build())
                .newHandshaker(http);
        if (handshaker == null) {
            return Optional.of("this version of WebSocket is not known; use version 13");
        }
        try {
            var unused = handshaker.handshake(channel, http);
        } catch (WebSocketHandshakeException e) {
            return Optional.of("WebSocket handshake: " + e.getMessage());
        }
        channel.pipeline().remove(handler.handler());
        next.run();
        return Optional.empty();
    }

    private IdleTimer idleTimer() {
        return new IdleTimer(channel.eventLoop(), options.idleTimeout(), () -> Wire.close(channel));
    }

    /** Values of a header that may be repeated and may hold several, with commas between them. */
    private List<String> offered(String header) {
        return http.headers().getAll(header).stream()
                .flatMap(line -> Stream.of(line.split(",")))
                .map(String::strip)
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private static List<String> names(java.util.Set<ChannelProtocol> protocols) {
        return protocols.stream()
                .map(ChannelProtocol::protocolName)
                .filter(name -> !name.isEmpty())
                .toList();
    }

    private static String refusal(List<String> offered, List<String> known) {
        return "unable to upgrade: unable to negotiate protocol: client supports " + offered + ", server accepts "
                + known;
    }
}
