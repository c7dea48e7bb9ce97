package io.gantry.cri.grpc;

import io.gantry.cri.v1.ImageServiceGrpc;
import io.gantry.cri.v1.RuntimeServiceGrpc;
import io.gantry.platform.testing.TestDirectories;
import io.grpc.BindableService;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A directory with an event loop for servers on real Unix sockets, and clients of them. */
public final class TestServer implements AutoCloseable {
    private final TestDirectories directories = TestDirectories.create();
    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(2, EpollIoHandler.newFactory());
    private final List<ManagedChannel> channels = new ArrayList<>();
    private final List<CriServer> servers = new ArrayList<>();

    public final Readiness readiness = new Readiness();

    public Path socket() {
        return directories.root().resolve("run/cri.sock");
    }

    public TestDirectories directories() {
        return directories;
    }

    /** A server that was not started yet. */
    public CriServer server(BindableService... services) {
        CriServer server =
                new CriServer(socket(), new SocketAccess(0660, "", ""), eventLoop, readiness, List.of(services));
        servers.add(server);
        return server;
    }

    /** A ready server. */
    public TestServer serving(BindableService... services) {
        readiness.ready();
        server(services).start();
        return this;
    }

    private ManagedChannel channel() {
        ManagedChannel channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket().toFile()))
                .eventLoopGroup(eventLoop)
                .channelType(EpollDomainSocketChannel.class)
                .withOption(ChannelOption.SO_KEEPALIVE, null)
                .overrideAuthority("localhost")
                .maxInboundMessageSize(CriServer.MAX_MESSAGE_BYTES)
                .usePlaintext()
                .build();
        channels.add(channel);
        return channel;
    }

    public RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
        return RuntimeServiceGrpc.newBlockingStub(channel());
    }

    public RuntimeServiceGrpc.RuntimeServiceFutureStub runtimeFutures() {
        return RuntimeServiceGrpc.newFutureStub(channel());
    }

    public ImageServiceGrpc.ImageServiceBlockingStub images() {
        return ImageServiceGrpc.newBlockingStub(channel());
    }

    @Override
    public void close() {
        channels.forEach(ManagedChannel::shutdownNow);
        servers.forEach(server -> server.stop(Duration.ofSeconds(1)));
        eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        directories.close();
    }
}
