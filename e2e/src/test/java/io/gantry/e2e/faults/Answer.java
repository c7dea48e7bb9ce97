package io.gantry.e2e.faults;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One request for one document or blob, to be answered rightly or wrongly. What is announced and not sent ends with the
 * connection closed.
 */
public final class Answer {
    private static final int PIECE = 64 << 10;

    private static final Pattern RANGE = Pattern.compile("bytes=(\\d+)-(\\d*)");
    private static final int PIECES_PER_SECOND = 50;

    private final HttpExchange exchange;
    private final byte[] content;
    private final String type;
    private final int call;

    Answer(HttpExchange exchange, byte[] content, String type, int call) {
        this.exchange = exchange;
        this.content = content;
        this.type = type;
        this.call = call;
    }

    /** How often this has been asked for, this time included. */
    public int call() {
        return call;
    }

    public byte[] content() {
        return content;
    }

    public String header(String name) {
        String value = exchange.getRequestHeaders().getFirst(name);
        return value == null ? "" : value;
    }

    public Answer with(String header, String value) {
        exchange.getResponseHeaders().set(header, value);
        return this;
    }

    /** All that was asked for. */
    public void right() throws IOException {
        upTo(content.length);
    }

    /** What was asked for, with the connection closed after this byte of the content. */
    public void upTo(int end) throws IOException {
        Range range = begin();
        exchange.getResponseBody().write(content, range.from, Math.max(0, Math.min(end, range.end) - range.from));
        exchange.getResponseBody().flush();
    }

    /** What was asked for, up to a byte, so many bytes a second. */
    public void slowly(int bytesPerSecond, int end) throws IOException, InterruptedException {
        Range range = begin();
        OutputStream out = exchange.getResponseBody();
        int piece = bytesPerSecond / PIECES_PER_SECOND;
        long start = System.nanoTime();
        for (int at = range.from; at < Math.min(end, range.end); at += piece) {
            out.write(content, at, Math.min(piece, Math.min(end, range.end) - at));
            out.flush();
            long due = (at + piece - range.from) * 1_000_000_000L / bytesPerSecond;
            Thread.sleep(Math.max(0, (due - (System.nanoTime() - start)) / 1_000_000));
        }
    }

    /** Where in the content the answer begins; 0 when all of it was asked for. */
    public int from() {
        return range().from;
    }

    /** Another part than was asked for, which it says. */
    public void partFrom(int from) throws IOException {
        int end = range().end;
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.getResponseHeaders().set("Content-Range", "bytes " + from + "-" + (end - 1) + "/" + content.length);
        exchange.sendResponseHeaders(206, end - from);
        exchange.getResponseBody().write(content, from, end - from);
    }

    /** Other bytes, for the same part as was asked for. */
    public Answer of(byte[] other) {
        return new Answer(exchange, other, type, call);
    }

    /** What was asked for up to a byte, then nothing until the client is gone. */
    public void silentAfter(int end) throws IOException, InterruptedException {
        upTo(end);
        awaitClientGone(Integer.MAX_VALUE);
    }

    /** A byte now and then, until the client is gone. */
    public void trickle(int end) throws IOException, InterruptedException {
        upTo(end);
        awaitClientGone(end);
    }

    private void awaitClientGone(int next) throws IOException, InterruptedException {
        OutputStream out = exchange.getResponseBody();
        // The server sees a client that left only when it writes to it; a silent one would wait here forever.
        for (int at = next; ; at++) {
            Thread.sleep(next == Integer.MAX_VALUE ? 20 : 300);
            if (Thread.currentThread().isInterrupted()) {
                return;
            }
            if (next != Integer.MAX_VALUE) {
                out.write(content, Math.min(at, content.length - 1), 1);
                out.flush();
            }
        }
    }

    /** The whole content, whatever was asked for, up to a byte. */
    public void whole(int end) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(200, content.length);
        // In pieces: the server copies each one whole, for every connection.
        OutputStream out = exchange.getResponseBody();
        for (int at = 0; at < end; at += PIECE) {
            out.write(content, at, Math.min(PIECE, end - at));
        }
    }

    /** The whole content without its length, in chunks, with more behind it. */
    public void chunked(byte[] more) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(200, 0);
        exchange.getResponseBody().write(content);
        exchange.getResponseBody().write(more);
    }

    /** Other content in place of the right one. */
    public void other(byte[] wrong) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", type);
        exchange.sendResponseHeaders(200, wrong.length);
        exchange.getResponseBody().write(wrong);
    }

    public void status(int status) throws IOException {
        byte[] body = "{\"errors\":[{\"code\":\"TEST\",\"message\":\"as the test wants it\"}]}"
                .getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(status, body.length);
        exchange.getResponseBody().write(body);
    }

    /** The head of a right answer. */
    private Range begin() throws IOException {
        exchange.getResponseHeaders().putIfAbsent("Content-Type", java.util.List.of(type));
        exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
        exchange.getResponseHeaders().set("ETag", "\"" + FaultImage.digest(content) + "\"");
        Range range = range();
        if (header("Range").isEmpty()) {
            exchange.sendResponseHeaders(200, content.length);
        } else {
            exchange.getResponseHeaders()
                    .set("Content-Range", "bytes " + range.from + "-" + (range.end - 1) + "/" + content.length);
            exchange.sendResponseHeaders(206, range.end - range.from);
        }
        return range;
    }

    /** A part of the content, without the byte at its end. */
    private record Range(int from, int end) {}

    private Range range() {
        Matcher asked = RANGE.matcher(header("Range"));
        if (!asked.matches()) {
            return new Range(0, content.length);
        }
        int last = asked.group(2).isEmpty() ? content.length - 1 : Integer.parseInt(asked.group(2));
        return new Range(Integer.parseInt(asked.group(1)), Math.min(last + 1, content.length));
    }
}
