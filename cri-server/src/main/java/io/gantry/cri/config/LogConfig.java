package io.gantry.cri.config;

import java.util.List;

/** The daemon's own log. */
public record LogConfig(Level level, Format format) {
    /** From most to least. */
    public enum Level {
        TRACE,
        DEBUG,
        INFO,
        WARN,
        ERROR
    }

    /** How a line looks. */
    public enum Format {
        /** {@code key=value}. */
        TEXT,
        /** One JSON object a line. */
        JSON
    }

    static LogConfig read(ConfigSection in) {
        String level = in.oneOf(
                "level",
                "info",
                List.of("trace", "debug", "info", "warn", "error"),
                "Least level that is written: trace, debug, info, warn or error. At debug every call of the kubelet is there.");
        String format = in.oneOf(
                "format",
                "text",
                List.of("text", "json"),
                "text: key=value on one line for each event; json: one object on one line for each event.");
        return new LogConfig(
                Level.valueOf(level.toUpperCase(java.util.Locale.ROOT)),
                Format.valueOf(format.toUpperCase(java.util.Locale.ROOT)));
    }
}
