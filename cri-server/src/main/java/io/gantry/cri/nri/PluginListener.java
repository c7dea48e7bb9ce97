package io.gantry.cri.nri;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The socket that plugins connect to. It is for root alone: a plugin can change every container. Where another runtime has
 * the socket, no plugin can connect, which is logged; all else works.
 */
final class PluginListener implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PluginListener.class);

    /** Far more than a node has. */
    private static final int MAX_CONNECTIONS = 64;

    /** What is done with a new connection, on a thread of its own; it owns the channel. */
    interface Handler {
        boolean connected(ByteChannel channel) throws InterruptedException;
    }

    private final Path path;
    private final Set<SocketChannel> connections = ConcurrentHashMap.newKeySet();
    private @Nullable ServerSocketChannel server;
    private @Nullable Object identity;

    PluginListener(Path path) {
        this.path = path;
    }

    void start(Handler handler) {
        try {
            ServerSocketChannel listening = bind();
            server = listening;
            var unused = Thread.ofVirtual().name("nri-accept").start(() -> acceptAll(listening, handler));
            log.debug("NRI plugins can connect: socket={}", path);
        } catch (IOException e) {
            log.error(
                    "NRI plugins cannot connect: socket={} error=\"{}\" remedy=\"free the path, set another one in"
                            + " nri.socket, or set nri.enable = false\"",
                    path,
                    e.getMessage());
        }
    }

    private ServerSocketChannel bind() throws IOException {
        Path directory = Objects.requireNonNull(path.getParent(), "socket path is /");
        if (!Files.isDirectory(directory)) {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        }
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            // S_IFMT and S_IFSOCK of inode(7).
            if (((int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0170000) != 0140000) {
                throw new IOException("there is a file that is not a socket");
            }
            if (isAnswered()) {
                throw new IOException("another runtime answers there");
            }
        }
        Path bound = path.resolveSibling(path.getFileName() + ".new");
        Files.deleteIfExists(bound);
        ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            listening.bind(UnixDomainSocketAddress.of(bound));
            Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-------"));
            identity = identity(bound);
            Files.move(bound, path, StandardCopyOption.ATOMIC_MOVE);
            return listening;
        } catch (IOException | RuntimeException e) {
            listening.close();
            Files.deleteIfExists(bound);
            throw e;
        }
    }

    private boolean isAnswered() {
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private static Object identity(Path file) throws IOException {
        return Files.getAttribute(file, "unix:dev") + ":" + Files.getAttribute(file, "unix:ino");
    }

    private void acceptAll(ServerSocketChannel listening, Handler handler) {
        while (listening.isOpen()) {
            try {
                SocketChannel channel = listening.accept();
                connections.removeIf(other -> !other.isOpen());
                if (connections.size() >= MAX_CONNECTIONS) {
                    log.warn("NRI plugin is turned away: {} are connected", MAX_CONNECTIONS);
                    channel.close();
                    continue;
                }
                connections.add(channel);
                var unused = Thread.ofVirtual().name("nri-join").start(() -> join(channel, handler));
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                log.warn("NRI plugin cannot be accepted: error=\"{}\"", e.getMessage());
                pause();
            }
        }
    }

    /** Descriptors have run out, most likely. */
    private static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void join(SocketChannel channel, Handler handler) {
        try {
            boolean unused = handler.connected(channel);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            log.error("NRI plugin cannot join", e);
        }
    }

    /** No plugin can connect any more; those that are connected stay. A successor's socket is left alone. */
    @Override
    public void close() {
        ServerSocketChannel listening = server;
        if (listening == null) {
            return;
        }
        try {
            listening.close();
            if (Files.exists(path) && identity(path).equals(identity)) {
                Files.delete(path);
            }
        } catch (IOException e) {
            log.warn("cannot remove socket: path={} error=\"{}\"", path, e.getMessage());
        }
    }
}
