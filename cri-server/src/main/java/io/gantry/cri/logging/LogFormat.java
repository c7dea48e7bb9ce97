package io.gantry.cri.logging;

/** How an event becomes a line. */
interface LogFormat {
    /** The line without its end; it holds no line break. */
    String format(LogEvent event);
}
