package io.gantry.cri.streaming;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A plain WebSocket client (RFC 6455) over a blocking socket. */
final class WebSocketClient implements AutoCloseable {
    static final int CONTINUATION = 0;
    static final int TEXT = 1;
    static final int BINARY = 2;
    static final int CLOSE = 8;
    static final int PING = 9;
    static final int PONG = 10;

    /** A frame of the server. */
    record Frame(int opcode, byte[] payload) {
        int channel() {
            return payload[0] & 0xff;
        }

        String text() {
            return new String(payload, 1, payload.length - 1, StandardCharsets.UTF_8);
        }
    }

    private final RawClient socket;
    private final String answer;

    private WebSocketClient(RawClient socket, String answer) {
        this.socket = socket;
        this.answer = answer;
    }

    static WebSocketClient connect(String url, String... protocols) throws IOException {
        RawClient socket = RawClient.connect(URI.create(url));
        String headers = "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + (protocols.length == 0 ? "" : "Sec-WebSocket-Protocol: " + String.join(", ", protocols) + "\r\n");
        String answer = socket.request("GET", URI.create(url), headers);
        if (!answer.startsWith("HTTP/1.1 101 ")) {
            socket.close();
            throw new IOException(answer);
        }
        return new WebSocketClient(socket, answer);
    }

    /** The head of the server's answer. */
    String answer() {
        return answer;
    }

    void send(int opcode, boolean last, byte[] payload) throws IOException {
        ByteArrayOutputStream frame = new ByteArrayOutputStream();
        frame.write((last ? 0x80 : 0) | opcode);
        if (payload.length < 126) {
            frame.write(0x80 | payload.length);
        } else if (payload.length < 65536) {
            frame.write(0x80 | 126);
            frame.write(payload.length >> 8);
            frame.write(payload.length);
        } else {
            frame.write(0x80 | 127);
            for (int shift = 56; shift >= 0; shift -= 8) {
                frame.write((int) ((long) payload.length >> shift));
            }
        }
        frame.writeBytes(new byte[4]); // a mask of zeros
        frame.writeBytes(payload);
        socket.write(frame.toByteArray());
    }

    void send(int channel, byte[] data) throws IOException {
        byte[] payload = new byte[data.length + 1];
        payload[0] = (byte) channel;
        System.arraycopy(data, 0, payload, 1, data.length);
        send(BINARY, true, payload);
    }

    void send(int channel, String data) throws IOException {
        send(channel, data.getBytes(StandardCharsets.UTF_8));
    }

    Frame read() throws IOException {
        byte[] head = exactly(2);
        long length = head[1] & 0x7f;
        if (length == 126) {
            byte[] bytes = exactly(2);
            length = (bytes[0] & 0xffL) << 8 | bytes[1] & 0xff;
        } else if (length == 127) {
            length = 0;
            for (byte next : exactly(8)) {
                length = length << 8 | next & 0xff;
            }
        }
        return new Frame(head[0] & 0x0f, exactly((int) length));
    }

    private byte[] exactly(int count) throws IOException {
        byte[] bytes = socket.read(count);
        if (bytes.length < count) {
            throw new IOException("the server closed the connection");
        }
        return bytes;
    }

    /** Reads on until a channel has brought that text altogether. */
    void await(int channel, String text) throws IOException {
        StringBuilder all = new StringBuilder();
        while (all.indexOf(text) < 0) {
            Frame frame = read();
            if (frame.opcode() == CLOSE) {
                throw new IOException("closed after " + all);
            }
            if (frame.channel() == channel) {
                all.append(frame.text());
            }
        }
    }

    /** Reads to the end; what each of the channels 0 to 9 brought. */
    String[] readToEnd() throws IOException {
        StringBuilder[] channels = new StringBuilder[10];
        Arrays.setAll(channels, channel -> new StringBuilder());
        for (Frame frame = read(); frame.opcode() != CLOSE; frame = read()) {
            if (frame.opcode() == BINARY) {
                channels[frame.channel()].append(frame.text());
            }
        }
        return Arrays.stream(channels).map(StringBuilder::toString).toArray(String[]::new);
    }

    RawClient socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
