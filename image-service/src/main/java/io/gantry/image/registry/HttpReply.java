package io.gantry.image.registry;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** A reply whose head has arrived; the body is read from the connection. Closing it drops a connection not read to its end. */
final class HttpReply implements AutoCloseable {
    private static final int MAX_DRAINED = 64 << 10;

    private final HttpURLConnection connection;
    private final URI uri;
    private final boolean redirected;
    private final int status;
    private final InputStream body;

    HttpReply(HttpURLConnection connection, URI uri, boolean redirected, int status) throws IOException {
        this.connection = connection;
        this.uri = uri;
        this.redirected = redirected;
        this.status = status;
        InputStream stream = status >= 400 ? connection.getErrorStream() : connection.getInputStream();
        this.body = stream == null ? InputStream.nullInputStream() : stream;
    }

    int status() {
        return status;
    }

    /** Where the reply came from, after redirects. */
    URI uri() {
        return uri;
    }

    /** Whether another host than the one first asked has answered. */
    boolean isFromElsewhere() {
        return redirected;
    }

    /** The last header of this name, "" when there is none. */
    String header(String name) {
        String value = connection.getHeaderField(name);
        return value == null ? "" : value.strip();
    }

    /** All header lines of this name, in any order. */
    List<String> headers(String name) {
        List<String> out = new ArrayList<>();
        for (Map.Entry<String, List<String>> header :
                connection.getHeaderFields().entrySet()) {
            if (name.equalsIgnoreCase(header.getKey())) {
                out.addAll(header.getValue());
            }
        }
        return out;
    }

    /** Bytes in the body, -1 when the server did not say. */
    long contentLength() {
        return connection.getContentLengthLong();
    }

    InputStream body() {
        return body;
    }

    /** What Retry-After asks for, zero when it asks for nothing. */
    Duration retryAfter(Instant now) {
        String value = header("Retry-After");
        if (value.matches("\\d{1,9}")) {
            return Duration.ofSeconds(Long.parseLong(value));
        }
        try {
            Duration pause = Duration.between(
                    now,
                    ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant());
            return pause.isNegative() ? Duration.ZERO : pause;
        } catch (DateTimeParseException _) {
            return Duration.ZERO;
        }
    }

    /**
     * The whole body, if it has at most {@code limit} bytes.
     *
     * @throws IOException also when the body is longer, or shorter than announced
     */
    byte[] readAll(int limit) throws IOException {
        byte[] bytes = body.readNBytes(limit + 1);
        if (bytes.length > limit) {
            throw new TooLongException(limit);
        }
        long announced = contentLength();
        if (announced >= 0 && bytes.length != announced) {
            throw new EOFException("Premature EOF");
        }
        return bytes;
    }

    /** The start of the body, for an error. */
    String excerpt(int limit) {
        try {
            return new String(body.readNBytes(limit), StandardCharsets.UTF_8);
        } catch (IOException _) {
            return "";
        }
    }

    /** Reads a short rest so that the connection can be used again, and drops it when the rest is long. */
    void finish() {
        try {
            if (body.readNBytes(MAX_DRAINED).length < MAX_DRAINED) {
                body.close();
                return;
            }
        } catch (IOException _) {
            // The connection is of no use any more; dropped below.
        }
        close();
    }

    @Override
    public void close() {
        connection.disconnect();
    }

    /** A body is longer than what is accepted. */
    static final class TooLongException extends IOException {
        private static final long serialVersionUID = 1L;

        TooLongException(int limit) {
            super("the body is longer than the " + limit + " bytes expected");
        }
    }
}
