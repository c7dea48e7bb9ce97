package io.gantry.e2e.kubelet;

import io.gantry.e2e.runtime.Toolbox;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** One exec, attach or port-forward of kubectl's client code against a kubelet's own API. */
final class StreamClient implements AutoCloseable {
    /** How the streams of a session share a connection. */
    enum Transport {
        SPDY,
        WEBSOCKET
    }

    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final Process process;
    private final Path errors;
    private final BufferedReader output;

    private StreamClient(Process process, Path errors) {
        this.process = process;
        this.errors = errors;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
    }

    static StreamClient start(Kubelet kubelet, Transport transport, String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Toolbox.require("kubelet-client").toString(),
                "-server",
                kubelet.server(),
                "-transport",
                transport.name().toLowerCase(Locale.ROOT)));
        command.addAll(List.of(words));
        Path errors = Files.createTempFile("kubelet-client", ".err");
        Process process =
                new ProcessBuilder(command).redirectError(errors.toFile()).start();
        // Reading waits for as long as it runs.
        CompletableFuture.delayedExecutor(LIMIT.toSeconds(), TimeUnit.SECONDS).execute(process::destroyForcibly);
        return new StreamClient(process, errors);
    }

    StreamClient send(String text) throws IOException {
        OutputStream input = process.getOutputStream();
        input.write(text.getBytes(StandardCharsets.UTF_8));
        input.flush();
        return this;
    }

    StreamClient endInput() throws IOException {
        process.getOutputStream().close();
        return this;
    }

    /** The next line of standard output; an error when there is none. */
    String line() throws IOException {
        String line = output.readLine();
        if (line == null) {
            throw new IOException("read from kubelet-client: it ended: " + errors());
        }
        return line;
    }

    /** All that is left of standard output. */
    String rest() throws IOException {
        StringBuilder text = new StringBuilder();
        char[] buffer = new char[8192];
        for (int count = output.read(buffer); count >= 0; count = output.read(buffer)) {
            text.append(buffer, 0, count);
        }
        return text.toString();
    }

    String errors() {
        try {
            return Files.readString(errors);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for its end: the exit status of the command that ran. */
    int status() throws InterruptedException, IOException {
        if (!process.waitFor(1, TimeUnit.MINUTES)) {
            throw new IOException("wait for kubelet-client: it still runs after a minute: " + errors());
        }
        return process.exitValue();
    }

    @Override
    public void close() throws IOException {
        process.destroyForcibly();
        Files.deleteIfExists(errors);
    }
}
