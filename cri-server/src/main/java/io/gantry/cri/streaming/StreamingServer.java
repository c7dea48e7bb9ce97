package io.gantry.cri.streaming;

import io.gantry.cri.streaming.session.SessionContext;
import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.StreamTargets;
import io.gantry.cri.streaming.session.Wire;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.IoEventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.ssl.SslHandler;
import java.net.InetSocketAddress;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Exec, Attach and PortForward with streams. CRI callers get a URL for one use; whoever opens it is joined to the process or
 * the pod. All connections run on one event loop of the server's own, so that no amount of streaming delays CRI calls; what
 * may block runs on virtual threads, one for each command.
 */
public final class StreamingServer implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(StreamingServer.class);
    private static final int MAX_REQUEST = 64 << 10;
    /** Connections whose client has not shown a valid URL yet. */
    private static final int MAX_STRANGERS = 512;

    private static final int LOW_WATER = 64 << 10;
    private static final int HIGH_WATER = 256 << 10;
    private static final int KEEP_ALIVE_SECONDS = 30;
    private static final long STOP_SECONDS = 10;

    private final StreamingOptions options;
    private final StreamTokens tokens;
    private final RequestChecks checks;
    private final MultiThreadIoEventLoopGroup group;
    private final IoEventLoop loop;
    private final ExecutorService workers;
    private final SessionContext context;
    private final @Nullable TlsFiles tls;
    private final Set<Channel> connections = new HashSet<>();
    private final String baseUrl;
    private final Channel listener;
    private int strangers;

    private StreamingServer(StreamingOptions options, StreamTargets targets) {
        this.options = options;
        this.tokens = new StreamTokens(options.urlLifetime(), System::nanoTime);
        this.checks = new RequestChecks(targets);
        this.tls = options.certificate() == null || options.key() == null
                ? null
                : TlsFiles.read(options.certificate(), options.key());
        this.group = new MultiThreadIoEventLoopGroup(
                1, Thread.ofPlatform().name("gantry-stream-", 0).daemon().factory(), EpollIoHandler.newFactory());
        this.loop = group.next();
        this.workers = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("stream-", 0).factory());
        this.context = new SessionContext(targets, loop, workers);
        boolean listening = false;
        try {
            this.listener = listen();
            this.baseUrl = baseUrl((InetSocketAddress) listener.localAddress());
            listening = true;
        } finally {
            if (!listening) {
                shutDownLoop();
            }
        }
        log.info("streaming: url={}", baseUrl);
    }

    /**
     * Starts a server; when this returns, clients can connect.
     *
     * @throws GantryException INVALID_ARGUMENT for a certificate that cannot be used, UNAVAILABLE when the address cannot
     *     be listened on; nothing is left running
     */
    public static StreamingServer start(StreamingOptions options, StreamTargets targets) {
        return new StreamingServer(options, targets);
    }

    private Channel listen() {
        // Asked for, because an IPv4 address would otherwise be listened on by IPv6 as well.
        SocketProtocolFamily family =
                options.host().contains(":") ? SocketProtocolFamily.INET6 : SocketProtocolFamily.INET;
        ChannelFuture bound = new ServerBootstrap()
                .group(group)
                .channelFactory(() -> new EpollServerSocketChannel(family))
                .option(ChannelOption.SO_REUSEADDR, true)
                .childOption(ChannelOption.TCP_NODELAY, true)
                // A client whose machine is gone is noticed even while nothing is read from it.
                .childOption(ChannelOption.SO_KEEPALIVE, true)
                .childOption(EpollChannelOption.TCP_KEEPIDLE, KEEP_ALIVE_SECONDS)
                .childOption(EpollChannelOption.TCP_KEEPINTVL, KEEP_ALIVE_SECONDS)
                .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(LOW_WATER, HIGH_WATER))
                .childHandler(new ChannelInitializer<SocketChannel>() {
                    @Override
                    protected void initChannel(SocketChannel channel) {
                        accept(channel);
                    }
                })
                .bind(new InetSocketAddress(options.host(), options.port()))
                .awaitUninterruptibly();
        if (!bound.isSuccess()) {
            Throwable cause = bound.cause();
            throw GantryException.of(
                            ErrorKind.UNAVAILABLE,
                            "listen for streaming on " + options.host() + " port " + options.port(),
                            String.valueOf(cause == null ? null : cause.getMessage()))
                    .withRemedy("set another address in streaming.address; port 0 takes any free one")
                    .causedBy(cause);
        }
        return bound.channel();
    }

    /** The address as the kubelet of this machine reaches it. */
    private String baseUrl(InetSocketAddress bound) {
        boolean six = options.host().contains(":");
        String address = options.host();
        if (bound.getAddress().isAnyLocalAddress()) {
            address = six ? "::1" : "127.0.0.1";
        }
        return (tls == null ? "http" : "https") + "://" + (six ? "[" + address + "]" : address) + ":" + bound.getPort()
                + "/";
    }

    /** On the loop. */
    private void accept(SocketChannel channel) {
        if (strangers >= MAX_STRANGERS) {
            log.warn("connection refused: too many without a request: client={}", channel.remoteAddress());
            Wire.close(channel);
            return;
        }
        Stranger stranger = new Stranger();
        connections.add(channel);
        channel.closeFuture().addListener(done -> {
            connections.remove(channel);
            stranger.leave();
        });
        if (tls != null) {
            channel.pipeline().addLast(new SslHandler(tls.current().newEngine(channel.alloc())));
        }
        channel.pipeline()
                .addLast(
                        new HttpServerCodec(),
                        new HttpObjectAggregator(MAX_REQUEST, true),
                        new UpgradeHandler(context, tokens, options, stranger::leave));
    }

    /** Counts a connection until it is known or gone. */
    private final class Stranger {
        private boolean left;

        Stranger() {
            strangers++;
        }

        void leave() {
            if (!left) {
                left = true;
                strangers--;
            }
        }
    }

    /**
     * A URL for one client, to be used within a minute.
     *
     * @throws GantryException INVALID_ARGUMENT for a request that makes no sense, NOT_FOUND, FAILED_PRECONDITION when the
     *     container is not running or the sandbox not ready, RESOURCE_EXHAUSTED when too many URLs are unused
     */
    public String urlFor(StreamRequest request) {
        StreamRequest checked = checks.check(request);
        return baseUrl + checked.kind() + "/" + tokens.put(checked);
    }

    /** How many clients are connected. */
    public int connections() {
        return loop.submit(connections::size).syncUninterruptibly().getNow();
    }

    /** Stops listening, closes every connection, kills the commands behind them and waits for their end. Never fails. */
    @Override
    public void close() {
        listener.close().awaitUninterruptibly();
        loop.submit(() -> List.copyOf(connections).forEach(Wire::close)).awaitUninterruptibly();
        workers.shutdown();
        try {
            if (!workers.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                log.warn("streams did not end in time: seconds={}", STOP_SECONDS);
                workers.shutdownNow();
            }
        } catch (InterruptedException e) {
            workers.shutdownNow();
            Thread.currentThread().interrupt();
        }
        shutDownLoop();
    }

    private void shutDownLoop() {
        group.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS);
    }
}
