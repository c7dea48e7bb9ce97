package io.gantry.cri.streaming;

import java.io.IOException;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A blocking connection that speaks as much HTTP as an upgrade takes. Gives up after 30 s of silence. */
final class RawClient implements AutoCloseable {
    private static final int PATIENCE_MILLIS = 30_000;

    private final Socket socket;

    private RawClient(Socket socket) {
        this.socket = socket;
    }

    static RawClient connect(URI server) throws IOException {
        return over(new Socket(server.getHost().replace("[", "").replace("]", ""), server.getPort()));
    }

    static RawClient over(Socket socket) throws IOException {
        socket.setSoTimeout(PATIENCE_MILLIS);
        socket.setTcpNoDelay(true);
        return new RawClient(socket);
    }

    /** Sends a request and gives the head of the answer, with the body when the server closes. */
    String request(String method, URI uri, String headers) throws IOException {
        String path = uri.getRawPath() + (uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery());
        write((method + " " + path + " HTTP/1.1\r\nHost: " + uri.getAuthority() + "\r\n" + headers + "\r\n")
                .getBytes(StandardCharsets.ISO_8859_1));
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                return head.toString();
            }
            head.append((char) next);
        }
        if (!head.toString().startsWith("HTTP/1.1 101 ")) {
            head.append(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        }
        return head.toString();
    }

    void write(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
    }

    /** Some bytes; none at the end. */
    byte[] read() throws IOException {
        byte[] buffer = new byte[64 << 10];
        int count = socket.getInputStream().read(buffer);
        return count < 0 ? new byte[0] : Arrays.copyOf(buffer, count);
    }

    byte[] read(int exactly) throws IOException {
        return socket.getInputStream().readNBytes(exactly);
    }

    Socket socket() {
        return socket;
    }

    /** Leaves without a word: the server sees a reset, whatever was under way. */
    void breakOff() throws IOException {
        socket.setSoLinger(true, 0);
        socket.close();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
