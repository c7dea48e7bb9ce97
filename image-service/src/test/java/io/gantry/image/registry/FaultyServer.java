package io.gantry.image.registry;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.net.ServerSocketFactory;

/** An HTTP/1.1 server that does exactly what a test wants, byte by byte, over plain sockets or TLS. */
final class FaultyServer implements AutoCloseable {
    private final ServerSocket listener;
    private final boolean tls;
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private volatile Handler handler = (_, out) -> out.send(404, Map.of(), new byte[0]);

    @FunctionalInterface
    interface Handler {
        void handle(Request request, Out out) throws IOException, InterruptedException;
    }

    /** Names of headers in lower case. */
    record Request(String method, String path, Map<String, String> headers, String body) {
        String header(String name) {
            return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
        }

        /** First byte asked for, 0 without Range. */
        int rangeStart() {
            String range = header("Range");
            return range.isEmpty() ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-.*", "$1"));
        }

        /** One after the last byte asked for; {@code size} without Range or with an open one. */
        int rangeEnd(int size) {
            String end = header("Range").replaceAll("bytes=\\d*-?", "");
            return end.isEmpty() ? size : Integer.parseInt(end) + 1;
        }
    }

    /** The server's end of a connection. */
    static final class Out {
        private final OutputStream stream;
        private final Socket socket;

        Out(Socket socket) throws IOException {
            this.socket = socket;
            this.stream = socket.getOutputStream();
        }

        Socket socket() {
            return socket;
        }

        void head(int status, Map<String, String> headers) throws IOException {
            StringBuilder text = new StringBuilder("HTTP/1.1 " + status + " x\r\n");
            headers.forEach((name, value) -> text.append(name.replaceAll("#.*", ""))
                    .append(": ")
                    .append(value)
                    .append("\r\n"));
            write(text.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1));
        }

        void send(int status, Map<String, String> headers, byte[] body) throws IOException {
            Map<String, String> all = new TreeMap<>(headers);
            all.putIfAbsent("Content-Length", Integer.toString(body.length));
            head(status, all);
            write(body);
        }

        void write(byte[] bytes) throws IOException {
            stream.write(bytes);
            stream.flush();
        }

        void write(byte[] bytes, int from, int length) throws IOException {
            stream.write(bytes, from, length);
            stream.flush();
        }

        void drop() throws IOException {
            socket.close();
        }

        /** Waits until the client has closed its end. */
        void awaitClientGone() {
            try {
                while (socket.getInputStream().read() >= 0) {
                    // A client in the middle of a reply sends nothing; whatever it does is no end.
                }
            } catch (IOException _) {
                // Reset: gone as well.
            }
        }
    }

    private FaultyServer(ServerSocketFactory factory, boolean tls) throws IOException {
        this.tls = tls;
        this.listener = factory.createServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
        Thread.ofVirtual().name("faulty-accept").start(this::accept);
    }

    static FaultyServer plain(Handler handler) throws IOException {
        FaultyServer server = new FaultyServer(ServerSocketFactory.getDefault(), false);
        server.handler = handler;
        return server;
    }

    static FaultyServer tls(ServerSocketFactory factory, Handler handler) throws IOException {
        FaultyServer server = new FaultyServer(factory, true);
        server.handler = handler;
        return server;
    }

    String authority() {
        return "127.0.0.1:" + listener.getLocalPort();
    }

    String url() {
        return (tls ? "https://" : "http://") + authority();
    }

    /** What has been asked, in order. */
    List<Request> requests() {
        return List.copyOf(requests);
    }

    int openConnections() {
        return open.size();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                open.add(socket);
                Thread.ofVirtual().name("faulty-connection").start(() -> serve(socket));
            } catch (SocketException _) {
                return;
            } catch (IOException _) {
                // A failed TLS handshake concerns that client only.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            while (true) {
                List<String> lines = head(in);
                if (lines.isEmpty()) {
                    return;
                }
                if (lines.getFirst().charAt(0) == 0x16) {
                    new Out(socket).send(400, Map.of("Connection", "close"), new byte[0]);
                    return;
                }
                Request request = request(lines, in);
                requests.add(request);
                handler.handle(request, new Out(socket));
                if (socket.isClosed()) {
                    return;
                }
            }
        } catch (IOException _) {
            // The client went away.
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        } finally {
            open.remove(socket);
        }
    }

    private static Request request(List<String> lines, InputStream in) throws IOException {
        Map<String, String> headers = new TreeMap<>();
        for (String line : lines.subList(1, lines.size())) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).strip());
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        String body = new String(in.readNBytes(length), StandardCharsets.UTF_8);
        String[] first = lines.getFirst().split(" ");
        return new Request(first[0], first[1], headers, body);
    }

    private static List<String> head(InputStream in) throws IOException {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        while (true) {
            int c = in.read();
            if (c < 0) {
                return List.of();
            }
            if (lines.isEmpty() && line.isEmpty() && c == 0x16) {
                return List.of("\u0016");
            }
            if (c == '\n') {
                if (line.isEmpty()) {
                    return lines;
                }
                lines.add(line.toString());
                line.setLength(0);
            } else if (c != '\r') {
                line.append((char) c);
            }
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
