package io.gantry.image.docker;

import io.gantry.image.codec.BulkInputStream;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * One GET request of HTTP/1.1 on a Unix socket, which no client of the JDK can open, and its reply.
 *
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9112">RFC 9112</a>
 */
final class UnixHttpReply implements AutoCloseable {
    private static final int MAX_HEAD_BYTES = 64 << 10;

    private final SocketChannel channel;
    private final int status;
    private final InputStream body;

    private UnixHttpReply(SocketChannel channel, int status, InputStream body) {
        this.channel = channel;
        this.status = status;
        this.body = body;
    }

    /** Sends the request and returns when the head of the reply is there. */
    static UnixHttpReply get(Path socket, String target) throws IOException, InterruptedException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            String request = "GET " + target + " HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n";
            ByteBuffer bytes = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
            while (bytes.hasRemaining()) {
                channel.write(bytes);
            }
            InputStream in = new BufferedInputStream(Channels.newInputStream(channel), 256 << 10);
            int[] budget = {MAX_HEAD_BYTES};
            int status = status(line(in, budget));
            Map<String, String> headers = new HashMap<>();
            for (String line = line(in, budget); !line.isEmpty(); line = line(in, budget)) {
                int colon = line.indexOf(':');
                if (colon > 0) {
                    headers.put(
                            line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
                            line.substring(colon + 1).strip());
                }
            }
            return new UnixHttpReply(channel, status, body(in, headers));
        } catch (ClosedByInterruptException e) {
            Thread.interrupted();
            throw (InterruptedException) new InterruptedException("interrupted").initCause(e);
        } catch (IOException | RuntimeException e) {
            channel.close();
            throw e;
        }
    }

    private static int status(String line) throws IOException {
        String[] parts = line.split(" ", 3);
        if (parts.length >= 2 && parts[0].startsWith("HTTP/1.") && parts[1].matches("[1-5][0-9][0-9]")) {
            return Integer.parseInt(parts[1]);
        }
        throw new IOException("the answer is not HTTP");
    }

    private static InputStream body(InputStream in, Map<String, String> headers) throws IOException {
        if (headers.getOrDefault("transfer-encoding", "")
                .toLowerCase(Locale.ROOT)
                .contains("chunked")) {
            return new ChunkedStream(in);
        }
        String length = headers.get("content-length");
        if (length == null) {
            return in;
        }
        try {
            return new SizedStream(in, Long.parseLong(length));
        } catch (NumberFormatException e) {
            throw new IOException("the answer has no valid Content-Length", e);
        }
    }

    private static String line(InputStream in, int[] budget) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new EOFException("the connection was closed before the answer was complete");
            }
            if (--budget[0] < 0) {
                throw new IOException("the head of the answer is too long");
            }
            line.write(b);
        }
        return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }

    int status() {
        return status;
    }

    /** The body; closing it closes the connection. */
    InputStream body() {
        return new FilterInputStream(body) {
            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                return in.read(target, offset, length);
            }

            @Override
            public void close() throws IOException {
                channel.close();
            }
        };
    }

    byte[] readAll(int limit) throws IOException {
        byte[] bytes = body.readNBytes(limit);
        if (bytes.length == limit && body.read() >= 0) {
            throw new IOException("the answer has more than " + limit + " bytes");
        }
        return bytes;
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }

    /** A body of known length: the end of the connection before is an error. */
    private static final class SizedStream extends BulkInputStream {
        private final InputStream in;
        private long left;

        SizedStream(InputStream in, long left) {
            this.in = in;
            this.left = left;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0) {
                return -1;
            }
            int count = in.read(target, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw new EOFException("the answer was cut off, " + left + " bytes are missing");
            }
            left -= count;
            return count;
        }
    }

    /** A body in chunks, whose end is marked. */
    private static final class ChunkedStream extends BulkInputStream {
        private final InputStream in;
        private long left;
        private boolean begun;
        private boolean ended;

        ChunkedStream(InputStream in) {
            this.in = in;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (left == 0 && !ended) {
                nextChunk();
            }
            if (ended) {
                return -1;
            }
            int count = in.read(target, offset, (int) Math.min(length, left));
            if (count < 0) {
                throw new EOFException("the answer was cut off in the middle of a chunk");
            }
            left -= count;
            return count;
        }

        private void nextChunk() throws IOException {
            int[] budget = {MAX_HEAD_BYTES};
            if (begun) {
                line(in, budget);
            }
            begun = true;
            String size = line(in, budget);
            int extension = size.indexOf(';');
            try {
                left = Long.parseLong((extension < 0 ? size : size.substring(0, extension)).strip(), 16);
            } catch (NumberFormatException e) {
                throw new IOException("the answer has a chunk without a size", e);
            }
            if (left < 0) {
                throw new IOException("the answer has a chunk without a size");
            }
            if (left == 0) {
                ended = true;
                while (!line(in, budget).isEmpty()) {
                    // trailers
                }
            }
        }
    }
}
