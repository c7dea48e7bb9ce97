package io.gantry.e2e.faults;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.StandardProtocolFamily;
import java.net.URLDecoder;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** As much of a Docker engine as it takes to copy its images: the list, and archives of {@code docker save} in chunks. */
public final class DockerDouble implements AutoCloseable {
    private static final int CHUNK = 100_000;

    private final Path socket;
    private final ServerSocketChannel server;
    private final Map<String, Path> archives = new TreeMap<>();

    private DockerDouble(Path socket, ServerSocketChannel server) {
        this.socket = socket;
        this.server = server;
    }

    /**
     * Listens until it is closed.
     *
     * @param archives by name of the image
     */
    public static DockerDouble start(Path socket, Map<String, Path> archives) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket));
        DockerDouble engine = new DockerDouble(socket, server);
        engine.archives.putAll(archives);
        Thread.ofVirtual().name("docker-double").start(engine::accept);
        return engine;
    }

    private void accept() {
        while (true) {
            try (SocketChannel client = server.accept()) {
                serve(client);
            } catch (java.nio.channels.ClosedChannelException e) {
                return;
            } catch (IOException e) {
                // That client is gone.
            }
        }
    }

    private void serve(SocketChannel client) throws IOException {
        BufferedReader in =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(client), StandardCharsets.US_ASCII));
        String target = in.readLine().split(" ")[1];
        for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
            // Headers do not matter.
        }
        OutputStream out = Channels.newOutputStream(client);
        if (target.endsWith("/images/json")) {
            String names = archives.keySet().stream()
                    .map(name -> "{\"RepoTags\":[\"" + name + "\"]}")
                    .collect(Collectors.joining(","));
            send(out, "200 OK", "[" + names + ",{\"RepoTags\":null}]");
            return;
        }
        String name = URLDecoder.decode(target.replaceFirst(".*names=", ""), StandardCharsets.UTF_8);
        Path archive = archives.get(name);
        if (archive == null) {
            send(out, "404 Not Found", "{\"message\":\"No such image: " + name + "\"}");
        } else {
            send(out, Files.readAllBytes(archive));
        }
    }

    private static void send(OutputStream out, String status, String json) throws IOException {
        out.write(("HTTP/1.1 " + status + "\r\nContent-Type: application/json\r\nContent-Length: " + json.length()
                        + "\r\n\r\n" + json)
                .getBytes(StandardCharsets.UTF_8));
    }

    private static void send(OutputStream out, byte[] body) throws IOException {
        out.write("HTTP/1.1 200 OK\r\nContent-Type: application/x-tar\r\nTransfer-Encoding: chunked\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        for (int at = 0; at < body.length; at += CHUNK) {
            int size = Math.min(CHUNK, body.length - at);
            out.write((Integer.toHexString(size) + "\r\n").getBytes(StandardCharsets.US_ASCII));
            out.write(body, at, size);
            out.write("\r\n".getBytes(StandardCharsets.US_ASCII));
        }
        out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket);
    }
}
