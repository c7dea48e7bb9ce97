package io.gantry.e2e.images;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A plain HTTP registry (Debian's docker-registry) on a free port of 127.0.0.1; closing it leaves only its storage. */
public final class LocalRegistry implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("listening on 127\\.0\\.0\\.1:([0-9]+)");
    private static final Duration START_LIMIT = Duration.ofSeconds(30);

    private final Process process;
    private final Path work;
    private final int port;

    private LocalRegistry(Process process, Path work, int port) {
        this.process = process;
        this.work = work;
        this.port = port;
    }

    /** Serves the storage directory; a registry that is not writable never changes it, so several may share one. */
    public static LocalRegistry start(Path program, Path storage, boolean writable)
            throws IOException, InterruptedException {
        Path work = Files.createTempDirectory("gantry-registry");
        Path config = work.resolve("config.yml");
        Path log = work.resolve("log");
        Files.writeString(config, config(storage, writable));
        Process process = new ProcessBuilder(program.toString(), "serve", config.toString())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (process.isAlive() && System.nanoTime() < deadline) {
            Matcher matcher = LISTENING.matcher(Files.readString(log));
            if (matcher.find()) {
                return new LocalRegistry(process, work, Integer.parseInt(matcher.group(1)));
            }
            Thread.sleep(20);
        }
        process.destroyForcibly();
        throw new IOException("start " + program + ": it does not listen: " + Files.readString(log));
    }

    /** Host and port, as in an image reference. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    public long pid() {
        return process.pid();
    }

    @Override
    public void close() throws IOException {
        process.destroy();
        try {
            if (!process.waitFor(5, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
        Files.deleteIfExists(work.resolve("config.yml"));
        Files.deleteIfExists(work.resolve("log"));
        Files.deleteIfExists(work);
    }

    private static String config(Path storage, boolean writable) {
        return """
                version: 0.1
                log:
                  level: info
                  accesslog:
                    disabled: true
                storage:
                  filesystem:
                    rootdirectory: %s
                  maintenance:
                    uploadpurging:
                      enabled: false
                    readonly:
                      enabled: %s
                http:
                  addr: 127.0.0.1:0
                """.formatted(storage, !writable);
    }
}
