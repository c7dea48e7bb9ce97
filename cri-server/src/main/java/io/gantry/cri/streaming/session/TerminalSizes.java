package io.gantry.cri.streaming.session;

import io.gantry.platform.storage.Json;
import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Reads terminal sizes, <code>{"Width":80,"Height":24}</code> one after the other, however they are cut into pieces. What is
 * not a size is skipped. Keeps no more than one unfinished object of a reasonable length.
 */
public final class TerminalSizes {
    /** Gets each size, in characters. */
    @FunctionalInterface
    public interface Listener {
        void resized(int width, int height);
    }

    private static final int MAX_LENGTH = 1024;

    private final Listener listener;
    private final StringBuilder rest = new StringBuilder();

    public TerminalSizes(Listener listener) {
        this.listener = listener;
    }

    /** Takes over the buffer. */
    public void read(ByteBuf data) {
        try {
            rest.append(data.toString(StandardCharsets.UTF_8));
        } finally {
            data.release();
        }
        for (int end = rest.indexOf("}"); end >= 0; end = rest.indexOf("}")) {
            readOne(rest.substring(0, end + 1));
            rest.delete(0, end + 1);
        }
        if (rest.length() > MAX_LENGTH) {
            rest.setLength(0);
        }
    }

    private void readOne(String text) {
        JsonNode size;
        try {
            size = Json.mapper().readTree(text);
        } catch (JacksonException e) {
            return; // not a size
        }
        int width = number(size, "Width", "width");
        int height = number(size, "Height", "height");
        if (width > 0 && height > 0) {
            listener.resized(width, height);
        }
    }

    private static int number(JsonNode size, String name, String otherName) {
        JsonNode value = size.has(name) ? size.path(name) : size.path(otherName);
        return value.isIntegralNumber() && value.canConvertToInt() ? value.intValue() : 0;
    }
}
