package io.gantry.cri.nri;

import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** Two channels that are connected with each other. */
public record SocketPair(SocketChannel here, SocketChannel there) implements AutoCloseable {
    public static SocketPair open(TestDirectories directories) throws IOException {
        Path file = directories.root().resolve("pair-" + System.nanoTime());
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(file));
            SocketChannel here = SocketChannel.open(UnixDomainSocketAddress.of(file));
            return new SocketPair(here, server.accept());
        }
    }

    @Override
    public void close() throws IOException {
        here.close();
        there.close();
    }
}
