package io.gantry.cri.daemon;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainDatagramChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the service manager how the daemon is doing (sd_notify(3)). Does nothing where no service manager asked for it, and
 * never fails: a daemon that works is worth more than one that is known to work.
 */
final class SdNotify implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(SdNotify.class);

    private final @Nullable Channel channel;

    private SdNotify(@Nullable Channel channel) {
        this.channel = channel;
    }

    /** Joins the socket that {@code NOTIFY_SOCKET} names: a path, or {@code @} and an abstract name (unix(7)). */
    static SdNotify connect(Map<String, String> environment, EventLoopGroup eventLoop) {
        String socket = environment.getOrDefault("NOTIFY_SOCKET", "");
        if (!socket.startsWith("/") && !socket.startsWith("@")) {
            return new SdNotify(null);
        }
        String name = socket.startsWith("@") ? "\0" + socket.substring(1) : socket;
        try {
            Channel channel = new Bootstrap()
                    .group(eventLoop)
                    .channel(EpollDomainDatagramChannel.class)
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(new DomainSocketAddress(name))
                    .syncUninterruptibly()
                    .channel();
            return new SdNotify(channel);
        } catch (Exception e) {
            // Netty throws what connect(2) fails with without declaring it.
            log.warn("service manager does not listen: socket={} error=\"{}\"", socket, e.toString());
            return new SdNotify(null);
        }
    }

    /** Start-up is over. */
    void ready(String status) {
        send("READY=1\nSTATUS=" + status);
    }

    /** The daemon has begun to stop. */
    void stopping() {
        send("STOPPING=1\nSTATUS=stopping");
    }

    /** One line for {@code systemctl status}. */
    void status(String status) {
        send("STATUS=" + status);
    }

    /**
     * Begins to send signs of life at half the time that {@code WATCHDOG_USEC} asks for. Each one is triggered by the event
     * loop and sent by a virtual thread, so that it comes only while both still turn.
     */
    void startWatchdog(Map<String, String> environment, EventLoopGroup eventLoop) {
        watchdogInterval(environment).ifPresent(interval -> {
            var unused = eventLoop.scheduleAtFixedRate(
                    () -> Thread.ofVirtual().name("watchdog").start(() -> send("WATCHDOG=1")),
                    0,
                    interval.toMillis(),
                    TimeUnit.MILLISECONDS);
        });
    }

    /** Half of what {@code WATCHDOG_USEC} says, if it is meant for this process (sd_watchdog_enabled(3)). */
    static Optional<Duration> watchdogInterval(Map<String, String> environment) {
        String pid = environment.getOrDefault("WATCHDOG_PID", "");
        if (!pid.isEmpty() && !pid.equals(Long.toString(ProcessHandle.current().pid()))) {
            return Optional.empty();
        }
        try {
            long micros = Long.parseLong(environment.getOrDefault("WATCHDOG_USEC", "0"));
            return micros < 2000 ? Optional.empty() : Optional.of(Duration.ofMillis(micros / 2000));
        } catch (NumberFormatException _) {
            return Optional.empty();
        }
    }

    private void send(String message) {
        if (channel != null) {
            var unused = channel.writeAndFlush(Unpooled.wrappedBuffer(message.getBytes(StandardCharsets.UTF_8)))
                    .addListener(sent -> {
                        if (!sent.isSuccess()) {
                            log.debug("service manager was not told: message=\"{}\"", message);
                        }
                    });
        }
    }

    @Override
    public void close() {
        if (channel != null) {
            channel.close().awaitUninterruptibly(1, TimeUnit.SECONDS);
        }
    }
}
