package io.gantry.cri.logging;

import io.gantry.cri.config.LogConfig;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.util.List;
import java.util.Map;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;

/** Sends every log line of the process to standard error in the configured form. */
public final class LogSetup {
    /** Libraries that tell more than an operator wants to know; below trace level only their warnings are written. */
    private static final List<String> CHATTY = List.of("io.grpc", "io.netty", "java", "jdk", "sun");

    private LogSetup() {}

    /** Replaces whatever was configured for java.util.logging. */
    public static void install(LogConfig config, Map<String, String> environment) {
        LogManager.getLogManager().reset();
        Logger root = Logger.getLogger("");
        LogFormat format = switch (config.format()) {
            // journald knows the time itself, and takes the level from a prefix (sd-daemon(3)).
            case TEXT -> new TextFormat(environment.containsKey("JOURNAL_STREAM"));
            case JSON -> new JsonFormat();
        };
        Level level = switch (config.level()) {
            case TRACE -> Level.FINEST;
            case DEBUG -> Level.FINE;
            case INFO -> Level.INFO;
            case WARN -> Level.WARNING;
            case ERROR -> Level.SEVERE;
        };
        root.addHandler(new LineHandler(new FileOutputStream(FileDescriptor.err), format));
        root.setLevel(level);
        if (config.level() != LogConfig.Level.TRACE) {
            CHATTY.forEach(name -> KEPT.add(quieten(name)));
        }
    }

    /** For short commands: only what goes wrong is written, and their own output is not mixed with the parts' logs. */
    public static void quiet() {
        install(new LogConfig(LogConfig.Level.ERROR, LogConfig.Format.TEXT), Map.of());
    }

    /** java.util.logging holds its loggers weakly; one that is configured must be kept. */
    private static final List<Logger> KEPT = new java.util.concurrent.CopyOnWriteArrayList<>();

    private static Logger quieten(String name) {
        Logger logger = Logger.getLogger(name);
        logger.setLevel(Level.WARNING);
        return logger;
    }
}
