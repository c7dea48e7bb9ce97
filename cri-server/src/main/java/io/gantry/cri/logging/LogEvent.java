package io.gantry.cri.logging;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * One thing that happened. By convention a message is {@code what happened: key=value key="value with spaces"}; then {@code
 * event} is the first part and {@code fields} the second, as it was written.
 *
 * @param logger name of the logger, without {@code io.gantry.}
 * @param event what happened, or the whole message when it does not follow the convention
 * @param fields {@code key=value} pairs, or empty
 * @param call id of the CRI call on whose behalf it happened, or null
 * @param trace stack trace, or null
 */
record LogEvent(
        Instant time,
        Level level,
        String logger,
        String event,
        String fields,
        @Nullable String call,
        @Nullable String trace) {
    private static final Pattern CONVENTION = Pattern.compile("([^:=\"]{1,100}): (\\w+=.*)", Pattern.DOTALL);
    private static final Pattern FIELD =
            Pattern.compile("(\\w+)=(?:\"((?:[^\"\\\\]|\\\\.)*)\"|(\\S*))", Pattern.DOTALL);
    private static final String OWN = "io.gantry.";

    static LogEvent of(LogRecord record) {
        String message = String.valueOf(record.getMessage());
        Matcher matcher = CONVENTION.matcher(message);
        boolean conventional = matcher.matches();
        String name = String.valueOf(record.getLoggerName());
        return new LogEvent(
                record.getInstant(),
                record.getLevel(),
                name.startsWith(OWN) ? name.substring(OWN.length()) : name,
                conventional ? matcher.group(1) : message,
                conventional ? matcher.group(2) : "",
                MDC.get("call"),
                record.getThrown() == null ? null : trace(record.getThrown()));
    }

    /** The fields one by one. */
    Map<String, String> fieldMap() {
        Map<String, String> map = new LinkedHashMap<>();
        Matcher matcher = FIELD.matcher(fields);
        while (matcher.find()) {
            String quoted = matcher.group(2);
            map.put(matcher.group(1), quoted == null ? matcher.group(3) : quoted.replaceAll("\\\\(.)", "$1"));
        }
        return map;
    }

    String levelName() {
        int value = level.intValue();
        if (value >= Level.SEVERE.intValue()) {
            return "error";
        }
        if (value >= Level.WARNING.intValue()) {
            return "warn";
        }
        if (value >= Level.INFO.intValue()) {
            return "info";
        }
        return value >= Level.FINE.intValue() ? "debug" : "trace";
    }

    private static String trace(Throwable thrown) {
        StringWriter text = new StringWriter();
        thrown.printStackTrace(new PrintWriter(text, true));
        return text.toString().strip();
    }
}
