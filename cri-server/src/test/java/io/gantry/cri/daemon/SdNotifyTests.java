package io.gantry.cri.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.testing.TestDirectories;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainDatagramPacket;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SdNotifyTests {
    private final TestDirectories directories = TestDirectories.create();
    private final EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    private final BlockingQueue<String> received = new LinkedBlockingQueue<>();

    @AfterEach
    void close() {
        eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
        directories.close();
    }

    private void listen(String name) {
        var unused = new Bootstrap()
                .group(eventLoop)
                .channel(EpollDomainDatagramChannel.class)
                .handler(new SimpleChannelInboundHandler<DomainDatagramPacket>() {
                    @Override
                    protected void channelRead0(ChannelHandlerContext context, DomainDatagramPacket packet) {
                        received.add(packet.content().toString(StandardCharsets.UTF_8));
                    }
                })
                .bind(new DomainSocketAddress(name))
                .syncUninterruptibly();
    }

    private String next() throws InterruptedException {
        return String.valueOf(received.poll(30, TimeUnit.SECONDS));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void tellsAPathOrAnAbstractSocket(boolean isAbstract) throws Exception {
        String path = directories.root().resolve("notify").toString();
        listen(isAbstract ? "\0" + path : path);
        Map<String, String> environment =
                Map.of("NOTIFY_SOCKET", isAbstract ? "@" + path : path, "WATCHDOG_USEC", "200000");

        try (SdNotify manager = SdNotify.connect(environment, eventLoop)) {
            manager.ready("serving");
            assertThat(next()).isEqualTo("READY=1\nSTATUS=serving");
            manager.startWatchdog(environment, eventLoop);
            assertThat(next()).isEqualTo("WATCHDOG=1");
            assertThat(next()).isEqualTo("WATCHDOG=1");
        }
    }

    @Test
    void isSilentWhereNobodyListens() {
        try (SdNotify manager = SdNotify.connect(
                Map.of("NOTIFY_SOCKET", directories.root().resolve("none").toString()), eventLoop)) {
            manager.stopping();
        }
        try (SdNotify manager = SdNotify.connect(Map.of(), eventLoop)) {
            manager.status("fine");
        }
        assertThat(received).isEmpty();
    }

    @Test
    void theWatchdogIsFedAtHalfItsTime() {
        assertThat(SdNotify.watchdogInterval(Map.of("WATCHDOG_USEC", "30000000")))
                .hasValue(Duration.ofSeconds(15));
        assertThat(SdNotify.watchdogInterval(Map.of("WATCHDOG_USEC", "30000000", "WATCHDOG_PID", "1")))
                .isEmpty();
        assertThat(SdNotify.watchdogInterval(Map.of())).isEmpty();
        assertThat(SdNotify.watchdogInterval(Map.of("WATCHDOG_USEC", "often"))).isEmpty();
    }
}
