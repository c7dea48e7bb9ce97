package io.gantry.cri.logging;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.logging.ErrorManager;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;

/** Writes each event as one line with one write, so that lines of several threads never mix. */
final class LineHandler extends Handler {
    private final OutputStream out;
    private final LogFormat format;

    LineHandler(OutputStream out, LogFormat format) {
        this.out = out;
        this.format = format;
    }

    @Override
    public void publish(LogRecord record) {
        if (!isLoggable(record)) {
            return;
        }
        if (record.getParameters() != null && record.getParameters().length > 0) {
            // From users of java.util.logging itself; slf4j has filled its parameters in already.
            record.setMessage(new SimpleFormatter().formatMessage(record));
            record.setParameters(null);
        }
        byte[] line = (format.format(LogEvent.of(record)) + "\n").getBytes(StandardCharsets.UTF_8);
        synchronized (out) {
            try {
                out.write(line);
            } catch (IOException e) {
                reportError("cannot write a log line", e, ErrorManager.WRITE_FAILURE);
            }
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {}
}
