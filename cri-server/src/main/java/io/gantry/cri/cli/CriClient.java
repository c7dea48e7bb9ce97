package io.gantry.cri.cli;

import io.gantry.cri.grpc.CriServer;
import io.gantry.cri.v1.ImageServiceGrpc;
import io.gantry.cri.v1.RuntimeServiceGrpc;
import io.gantry.cri.v1.images.ImagesGrpc;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.AbstractBlockingStub;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/** A client of a CRI socket. */
final class CriClient implements AutoCloseable {
    private final EventLoopGroup eventLoop;
    private final ManagedChannel channel;
    private final Duration timeout;

    /**
     * @param timeout for each call; zero for none
     * @throws GantryException UNAVAILABLE when there is no socket
     */
    CriClient(Path socket, Duration timeout) {
        if (!Files.exists(socket)) {
            throw GantryException.of(ErrorKind.UNAVAILABLE, "connect to " + socket, "there is no such socket")
                    .withRemedy("start the daemon with 'gantry serve', or name its socket with --socket");
        }
        this.timeout = timeout;
        this.eventLoop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        this.channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(socket.toFile()))
                .eventLoopGroup(eventLoop)
                .channelType(EpollDomainSocketChannel.class)
                .withOption(ChannelOption.SO_KEEPALIVE, null)
                .overrideAuthority("localhost")
                .maxInboundMessageSize(CriServer.MAX_MESSAGE_BYTES)
                .usePlaintext()
                .build();
    }

    RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime() {
        return withDeadline(RuntimeServiceGrpc.newBlockingStub(channel));
    }

    ImageServiceGrpc.ImageServiceBlockingStub images() {
        return withDeadline(ImageServiceGrpc.newBlockingStub(channel));
    }

    ImagesGrpc.ImagesBlockingStub store() {
        return withDeadline(ImagesGrpc.newBlockingStub(channel));
    }

    /** For the call that the other form cannot make. */
    ImagesGrpc.ImagesBlockingV2Stub imports() {
        return ImagesGrpc.newBlockingV2Stub(channel);
    }

    private <S extends AbstractBlockingStub<S>> S withDeadline(S stub) {
        return timeout.isZero() ? stub : stub.withDeadlineAfter(timeout.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        channel.shutdownNow();
        eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
    }
}
