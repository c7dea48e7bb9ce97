package io.gantry.e2e.faults;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * One request for one document or blob, to be answered rightly or wrongly. What is announced and not sent ends with the
 * connection closed.
 */
public final class Answer {
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
        int from = begin();
        exchange.getResponseBody().write(content, from, Math.max(0, Math.min(end, content.length) - from));
        exchange.getResponseBody().flush();
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
        exchange.getResponseBody().write(content, 0, end);
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

    /** The head of a right answer; from which byte it goes. */
    private int begin() throws IOException {
        exchange.getResponseHeaders().putIfAbsent("Content-Type", java.util.List.of(type));
        exchange.getResponseHeaders().set("Accept-Ranges", "bytes");
        exchange.getResponseHeaders().set("ETag", "\"" + FaultImage.digest(content) + "\"");
        String range = header("Range");
        if (range.isEmpty()) {
            exchange.sendResponseHeaders(200, content.length);
            return 0;
        }
        int from = Integer.parseInt(range.replaceAll("bytes=(\\d+)-.*", "$1"));
        exchange.getResponseHeaders()
                .set("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        exchange.sendResponseHeaders(206, content.length - from);
        return from;
    }
}
