package io.gantry.cri.logging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class LogFormatTests {
    @AfterEach
    void clear() {
        MDC.clear();
    }

    private static LogRecord line(Level level, String message) {
        LogRecord record = new LogRecord(level, message);
        record.setInstant(Instant.parse("2026-11-24T08:00:00.5Z"));
        record.setLoggerName("io.gantry.pod.sandbox.RunPodSandbox");
        return record;
    }

    private static String format(LogFormat format, LogRecord record) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new LineHandler(out, format).publish(record);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void fieldsOfAMessageBecomeFieldsOfTheLine() {
        MDC.put("call", "1c");

        assertThat(format(new TextFormat(false), line(Level.INFO, "sandbox ready: sandbox=3f2a pod=\"a b\"")))
                .isEqualTo("time=2026-11-24T08:00:00.500Z level=info logger=pod.sandbox.RunPodSandbox call=1c"
                        + " event=\"sandbox ready\" sandbox=3f2a pod=\"a b\"\n");
    }

    @Test
    void theJournalGetsAPriorityInsteadOfATime() {
        assertThat(format(new TextFormat(true), line(Level.SEVERE, "out of \"luck\"")))
                .isEqualTo("<3>level=error logger=pod.sandbox.RunPodSandbox event=\"out of \\\"luck\\\"\"\n");
        assertThat(format(new TextFormat(true), line(Level.WARNING, "x"))).startsWith("<4>");
        assertThat(format(new TextFormat(true), line(Level.INFO, "x"))).startsWith("<6>");
        assertThat(format(new TextFormat(true), line(Level.FINE, "x"))).startsWith("<7>level=debug");
    }

    @Test
    void aLineIsOneLine() {
        LogRecord record = line(Level.WARNING, "broken: text=\"a\nb\"");
        record.setThrown(new IllegalStateException("first\nsecond"));

        String text = format(new TextFormat(false), record);

        assertThat(text.strip()).doesNotContain("\n").contains("IllegalStateException: first\\nsecond");
        assertThat(format(new JsonFormat(), record).strip()).doesNotContain("\n");
    }

    @Test
    void jsonHasEachFieldApart() {
        assertThat(format(new JsonFormat(), line(Level.INFO, "sandbox ready: sandbox=3f2a pod=\"a \\\"b\\\"\" n=1")))
                .isEqualTo("{\"time\":\"2026-11-24T08:00:00.500Z\",\"level\":\"info\","
                        + "\"logger\":\"pod.sandbox.RunPodSandbox\",\"event\":\"sandbox ready\",\"sandbox\":\"3f2a\","
                        + "\"pod\":\"a \\\"b\\\"\",\"n\":\"1\"}\n");
    }
}
