package io.gantry.cri.grpc;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerDomainSocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * gRPC on a Unix socket: one event loop for the wire, one virtual thread for each call. Around every call run, from the
 * outside in: the log line, readiness, cancellation.
 */
public final class CriServer {
    /** Largest message accepted, as in every peer and in the kubelet's client. */
    public static final int MAX_MESSAGE_BYTES = 16 << 20;

    private static final Logger log = LoggerFactory.getLogger(CriServer.class);

    private final SocketFile socket;
    private final Path path;
    private final SocketAccess access;
    private final EventLoopGroup eventLoop;
    private final Readiness readiness;
    private final List<BindableService> services;
    private final ExecutorService callThreads = Executors.newThreadPerTaskExecutor(
            Thread.ofVirtual().name("cri-call-", 0).factory());
    private @Nullable Server server;

    /**
     * @param path where to listen
     * @param eventLoop an epoll loop, which stays the caller's to shut down
     */
    public CriServer(
            Path path,
            SocketAccess access,
            EventLoopGroup eventLoop,
            Readiness readiness,
            List<BindableService> services) {
        this.socket = new SocketFile(path);
        this.path = path;
        this.access = access;
        this.eventLoop = eventLoop;
        this.readiness = readiness;
        this.services = List.copyOf(services);
    }

    /**
     * Makes sure that no other server answers at the path: to be called first when a daemon starts, before it touches
     * anything that another one may be using.
     *
     * @throws GantryException FAILED_PRECONDITION when one answers, INVALID_ARGUMENT when the path is too long
     */
    public void claim() {
        if (path.toString().getBytes(StandardCharsets.UTF_8).length > SocketFile.MAX_PATH_BYTES) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            "listen on " + path,
                            "the path is longer than " + SocketFile.MAX_PATH_BYTES + " bytes")
                    .withRemedy("set a shorter path in api.socket");
        }
        socket.claim();
    }

    /**
     * Listens; when this returns, clients can connect.
     *
     * @throws GantryException as {@link #claim}, or INTERNAL when the socket cannot be bound; nothing is left behind
     */
    public void start() {
        claim();
        NettyServerBuilder builder = NettyServerBuilder.forAddress(
                        new DomainSocketAddress(socket.bindPath().toFile()))
                .channelType(EpollServerDomainSocketChannel.class)
                .bossEventLoopGroup(eventLoop)
                .workerEventLoopGroup(eventLoop)
                // Not an option of Unix sockets; gRPC sets it on every connection otherwise, and Netty warns each time.
                .withChildOption(ChannelOption.SO_KEEPALIVE, null)
                .maxInboundMessageSize(MAX_MESSAGE_BYTES)
                .permitKeepAliveTime(1, TimeUnit.SECONDS)
                .permitKeepAliveWithoutCalls(true)
                .executor(callThreads);
        // The same for all services: calls are numbered through.
        ServerInterceptor[] interceptors = {
            new CallLogInterceptor(),
            new UnknownFieldsInterceptor(),
            new ReadinessInterceptor(readiness),
            new CancellationInterceptor()
        };
        for (BindableService service : services) {
            builder.addService(ServerInterceptors.interceptForward(service, interceptors));
        }
        Server starting = builder.build();
        try {
            starting.start();
        } catch (IOException e) {
            socket.remove();
            throw GantryException.of(ErrorKind.INTERNAL, "listen on " + path, e.toString())
                    .causedBy(e);
        }
        try {
            socket.publish(access);
        } catch (GantryException e) {
            starting.shutdownNow();
            throw e;
        }
        server = starting;
        log.info("listening: socket={} mode={}", path, Integer.toOctalString(access.mode()));
    }

    /**
     * Removes the socket, lets running calls end until the deadline, then interrupts those that are left and waits for
     * them to undo what they began. Never fails; does nothing when the server never started.
     */
    public void stop(Duration drain) {
        readiness.stopping();
        socket.remove();
        Server running = server;
        if (running != null) {
            running.shutdown();
            try {
                if (!running.awaitTermination(drain.toMillis(), TimeUnit.MILLISECONDS)) {
                    log.warn("calls cut off: drain_seconds={}", drain.toSeconds());
                    running.shutdownNow();
                    running.awaitTermination(drain.toMillis(), TimeUnit.MILLISECONDS);
                }
            } catch (InterruptedException e) {
                running.shutdownNow();
                Thread.currentThread().interrupt();
            }
        }
        callThreads.shutdown();
        try {
            // The transport is gone, but an interrupted call may still be undoing its steps.
            if (!callThreads.awaitTermination(drain.toMillis(), TimeUnit.MILLISECONDS)) {
                log.warn("calls did not end: drain_seconds={}", drain.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
