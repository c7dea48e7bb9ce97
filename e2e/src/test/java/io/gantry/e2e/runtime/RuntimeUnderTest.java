package io.gantry.e2e.runtime;

import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * A CRI daemon on a {@link Node} of its own. Its containers outlive {@link #stop} and {@link #kill}; {@link #close}
 * ends everything and removes what the node holds, also after a failure.
 */
public abstract class RuntimeUnderTest implements AutoCloseable {
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private final Node node;
    private final Map<String, String> environment = new HashMap<>();
    private Optional<Process> process = Optional.empty();
    private Optional<String> searchPath = Optional.empty();
    private List<String> wrapper = List.of();

    RuntimeUnderTest(Node node) {
        this.node = node;
    }

    /**
     * The runtime that the system property {@code gantry.e2e.runtime} names, {@code gantry} unless set; not yet
     * started. Every registry host is sent to {@code registry}.
     */
    public static RuntimeUnderTest create(String registry) throws IOException, InterruptedException {
        return create(System.getProperty("gantry.e2e.runtime", "gantry"), registry);
    }

    /** The named runtime ({@code gantry}, {@code gantry-spool} or {@code containerd}), not yet started. */
    public static RuntimeUnderTest create(String name, String registry) throws IOException, InterruptedException {
        Node node = Node.create(name);
        node.writeConflist();
        node.writeDefaultMirror(registry);
        return switch (name) {
            case "gantry" -> new Gantry(node, false);
            case "gantry-spool" -> new Gantry(node, true);
            case "containerd" -> new Containerd(node);
            default ->
                throw new IllegalArgumentException(
                        "choose the runtime under test: " + name + " is none of gantry, gantry-spool, containerd");
        };
    }

    public abstract String name();

    /** The program that watches containers for this runtime (conmon, a shim); its arguments name the state directory. */
    public abstract String monitorProgram();

    abstract List<String> command() throws IOException;

    public final Node node() {
        return node;
    }

    public final long pid() {
        return process.orElseThrow(() -> new IllegalStateException(name() + " is not started"))
                .pid();
    }

    /** What the daemon wrote to its log so far. */
    public final String log() throws IOException {
        return Files.exists(node.daemonLog()) ? Files.readString(node.daemonLog()) : "";
    }

    /** Adds a variable to the environment of the daemon, from its next start on. */
    public final void env(String name, String value) {
        environment.put(name, value);
    }

    /** Starts the daemon and returns when it answers. */
    public final void start() throws IOException, InterruptedException {
        Process started = launch();
        long deadline = System.nanoTime() + START_LIMIT.toNanos();
        while (started.isAlive() && System.nanoTime() < deadline) {
            if (crictl("version").result().status() == 0) {
                return;
            }
            Thread.sleep(20);
        }
        throw new IOException("start " + name() + ": it does not answer on " + node.socket() + ": " + lastLines());
    }

    /** The PATH with which the daemon is started from now on; empty for this process's own. */
    public final void searchPath(String path) {
        searchPath = Optional.of(path).filter(text -> !text.isEmpty());
    }

    /** The words before the daemon's own from now on: a program that executes the rest; none for none. */
    public final void wrapIn(List<String> words) {
        wrapper = List.copyOf(words);
    }

    /** Starts the daemon without waiting for anything. */
    public final Process launch() throws IOException {
        List<String> words = new ArrayList<>(wrapper);
        words.addAll(command());
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectErrorStream(true)
                .redirectOutput(
                        ProcessBuilder.Redirect.appendTo(node.daemonLog().toFile()))
                .redirectInput(Path.of("/dev/null").toFile());
        builder.environment().putAll(environment);
        searchPath.ifPresent(path -> builder.environment().put("PATH", path));
        Process started = builder.start();
        process = Optional.of(started);
        return started;
    }

    /** Ends the daemon with SIGTERM; pods go on. */
    public final void stop() throws InterruptedException {
        if (process.isPresent()) {
            process.get().destroy();
            if (!process.get().waitFor(20, TimeUnit.SECONDS)) {
                process.get().destroyForcibly().waitFor();
            }
        }
    }

    /** Ends the daemon with SIGKILL, at whatever it is doing; pods go on. */
    public final void kill() throws InterruptedException {
        if (process.isPresent()) {
            process.get().destroyForcibly().waitFor();
        }
    }

    /** A crictl command for this runtime's socket. */
    public final Command crictl(Object... arguments) throws IOException {
        Path config = node.files().resolve("crictl.yaml");
        if (!Files.exists(config)) {
            Files.writeString(config, """
                    runtime-endpoint: unix://%s
                    image-endpoint: unix://%s
                    timeout: 60
                    """.formatted(node.socket(), node.socket()));
        }
        ArrayList<String> words =
                new ArrayList<>(List.of(Toolbox.require("crictl").toString(), "--config", config.toString()));
        for (Object argument : arguments) {
            words.add(argument.toString());
        }
        return Command.of(words);
    }

    /** Stops and removes every pod. */
    public final void removePods() throws IOException, InterruptedException {
        for (String pod : crictl("pods", "-q").run().lines().toList()) {
            crictl("stopp", pod).run();
            crictl("rmp", "-f", pod).run();
        }
    }

    @Override
    public final void close() throws IOException {
        try {
            if (process.isPresent() && process.get().isAlive()) {
                for (String pod : crictl("pods", "-q").result().output().lines().toList()) {
                    crictl("stopp", pod).result();
                    crictl("rmp", "-f", pod).result();
                }
            }
            stop();
            new Sweep(node).run();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("remove what " + name() + " left in " + node.base() + ": interrupted", e);
        }
    }

    private String lastLines() throws IOException {
        List<String> lines = log().lines().toList();
        return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
    }
}
