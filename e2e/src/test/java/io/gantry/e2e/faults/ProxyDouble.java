package io.gantry.e2e.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An HTTP proxy that wants a user name and password, forwards plain requests and makes tunnels. It alone knows the names of
 * the hosts behind it.
 */
public final class ProxyDouble implements AutoCloseable {
    private static final int LONGEST_HEAD = 64 << 10;

    private final ServerSocket server;
    private final String expected;
    private final Map<String, Integer> hosts = new ConcurrentHashMap<>();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();

    private ProxyDouble(ServerSocket server, String expected) {
        this.server = server;
        this.expected = expected;
    }

    /** On a free port of the loopback address. */
    public static ProxyDouble start(String user, String password) throws IOException {
        ServerSocket server = new ServerSocket();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        String basic = Base64.getEncoder().encodeToString((user + ":" + password).getBytes(StandardCharsets.UTF_8));
        ProxyDouble proxy = new ProxyDouble(server, "Basic " + basic);
        Thread.ofVirtual().name("proxy-double").start(proxy::accept);
        return proxy;
    }

    /** Makes a host and port known, which lead to a port of this machine. */
    public void host(String hostAndPort, int port) {
        hosts.put(hostAndPort, port);
    }

    public String address() {
        return "127.0.0.1:" + server.getLocalPort();
    }

    /** Request lines of those that showed the right password, in order. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    /** Connections that are open now. */
    public int connections() {
        return open.size();
    }

    private void accept() {
        while (true) {
            try {
                Socket client = server.accept();
                open.add(client);
                Thread.ofVirtual().name("proxy-double").start(() -> serve(client));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client) {
            List<String> head = head(client.getInputStream());
            while (!head.isEmpty() && !head.contains("proxy-authorization: " + expected)) {
                answer(client, "407 Proxy Authentication Required", "Proxy-Authenticate: Basic realm=\"test\"\r\n");
                head = head(client.getInputStream());
            }
            if (!head.isEmpty()) {
                asked.add(head.getFirst());
                forward(client, head);
            }
        } catch (IOException e) {
            // One of both ends is gone.
        } finally {
            open.remove(client);
        }
    }

    private void forward(Socket client, List<String> head) throws IOException {
        String[] words = head.getFirst().split(" ");
        boolean tunnel = words[0].equals("CONNECT");
        URI target = tunnel ? URI.create("") : URI.create(words[1]);
        String name = tunnel ? words[1] : target.getHost() + ":" + (target.getPort() < 0 ? 80 : target.getPort());
        Integer port = hosts.get(name);
        if (port == null) {
            answer(client, "502 Bad Gateway", "");
            return;
        }
        try (Socket server = new Socket(InetAddress.getLoopbackAddress(), port)) {
            if (tunnel) {
                client.getOutputStream().write(bytes("HTTP/1.1 200 Connection established\r\n\r\n"));
            } else {
                StringBuilder request = new StringBuilder(words[0] + " " + target.getRawPath() + " HTTP/1.1\r\n");
                for (String line : head.subList(1, head.size())) {
                    if (!line.startsWith("proxy-") && !line.startsWith("connection:")) {
                        request.append(line).append("\r\n");
                    }
                }
                server.getOutputStream().write(bytes(request + "connection: close\r\n\r\n"));
            }
            Thread back = Thread.ofVirtual().start(() -> copy(server, client));
            if (tunnel) {
                copy(client, server);
            }
            back.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static void copy(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // Seen as the end on the other side.
        }
    }

    private static void answer(Socket client, String status, String headers) throws IOException {
        OutputStream out = client.getOutputStream();
        out.write(bytes("HTTP/1.1 " + status + "\r\n" + headers + "Content-Length: 0\r\n\r\n"));
        out.flush();
    }

    /** The request line and the headers with their names in lower case; empty at the end of the stream. */
    private static List<String> head(InputStream in) throws IOException {
        StringBuilder text = new StringBuilder();
        while (!text.toString().endsWith("\r\n\r\n")) {
            int next = in.read();
            if (next < 0 || text.length() > LONGEST_HEAD) {
                return List.of();
            }
            text.append((char) next);
        }
        List<String> lines = new ArrayList<>(text.toString().strip().lines().toList());
        for (int i = 1; i < lines.size(); i++) {
            int colon = lines.get(i).indexOf(':');
            lines.set(
                    i,
                    lines.get(i).substring(0, colon).toLowerCase(java.util.Locale.ROOT)
                            + lines.get(i).substring(colon));
        }
        return lines;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public void close() throws IOException {
        server.close();
        for (Socket socket : open) {
            socket.close();
        }
    }
}
