package io.gantry.image.docker;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** A server on a Unix socket that answers each request with the bytes it was told. */
public final class FakeDockerEngine implements AutoCloseable {
    /** Gives the whole reply to a request's target. */
    @FunctionalInterface
    public interface Replies {
        byte[] to(String target);
    }

    private final Path socket;
    private final ServerSocketChannel server;
    private final Thread thread;
    private final List<String> targets = Collections.synchronizedList(new ArrayList<>());

    public FakeDockerEngine(Path socket, Replies replies) throws IOException {
        this.socket = socket;
        server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        thread = Thread.ofVirtual().start(() -> serve(replies));
    }

    private void serve(Replies replies) {
        while (true) {
            try (SocketChannel client = server.accept()) {
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(Channels.newInputStream(client), StandardCharsets.US_ASCII));
                String target = in.readLine().split(" ")[1];
                targets.add(target);
                for (String line = in.readLine(); !line.isEmpty(); line = in.readLine()) {
                    // headers
                }
                OutputStream out = Channels.newOutputStream(client);
                out.write(replies.to(target));
            } catch (java.nio.channels.ClosedChannelException e) {
                return;
            } catch (IOException _) {
                // a client that went away
            }
        }
    }

    public List<String> targets() {
        return List.copyOf(targets);
    }

    /** A reply whose body comes in chunks, as the engine sends archives. */
    public static byte[] chunked(byte[] body) {
        java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
        out.writeBytes("HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        for (int at = 0; at < body.length; at += 1000) {
            int size = Math.min(1000, body.length - at);
            out.writeBytes((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(body, at, size);
            out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        out.writeBytes("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        return out.toByteArray();
    }

    public static byte[] json(int status, String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return ("HTTP/1.1 " + status + " X\r\nContent-Type: application/json\r\nContent-Length: " + bytes.length
                        + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.UTF_8);
    }

    @Override
    public void close() throws Exception {
        server.close();
        thread.join();
        Files.deleteIfExists(socket);
    }
}
