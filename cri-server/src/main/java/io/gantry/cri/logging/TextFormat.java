package io.gantry.cri.logging;

/**
 * {@code time=… level=info logger=… call=1c event="sandbox ready" sandbox=3f2a…}
 *
 * @param journal whether the reader is journald: then the line begins with the priority and has no time
 */
record TextFormat(boolean journal) implements LogFormat {
    @Override
    public String format(LogEvent event) {
        StringBuilder line = new StringBuilder(256);
        if (journal) {
            line.append('<').append(priority(event)).append('>');
        } else {
            line.append("time=").append(event.time()).append(' ');
        }
        line.append("level=").append(event.levelName());
        line.append(" logger=").append(event.logger());
        if (event.call() != null) {
            line.append(" call=").append(event.call());
        }
        line.append(" event=").append(quote(event.event()));
        if (!event.fields().isEmpty()) {
            line.append(' ').append(oneLine(event.fields()));
        }
        if (event.trace() != null) {
            line.append(" trace=").append(quote(event.trace()));
        }
        return line.toString();
    }

    /** As in syslog(3). */
    private static int priority(LogEvent event) {
        return switch (event.levelName()) {
            case "error" -> 3;
            case "warn" -> 4;
            case "info" -> 6;
            default -> 7;
        };
    }

    private static String quote(String text) {
        return '"' + oneLine(text.replace("\\", "\\\\").replace("\"", "\\\"")) + '"';
    }

    private static String oneLine(String text) {
        return text.replace("\r", "\\r").replace("\n", "\\n").replace("\t", "\\t");
    }
}
