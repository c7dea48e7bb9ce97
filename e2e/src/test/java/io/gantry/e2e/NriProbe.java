package io.gantry.e2e;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.runtime.RuntimeUnderTest;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** A real NRI plugin that does what a test says and tells what it was told. Closing it disconnects it. */
final class NriProbe implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final int TRIES = 300;

    private final Path base;
    private final Process process;

    private NriProbe(Path base, Process process) {
        this.base = base;
        this.process = process;
    }

    /**
     * Connects a plugin and returns once it knows what exists.
     *
     * @param flags more flags of nri-probe
     */
    static NriProbe connect(RuntimeUnderTest runtime, String index, String name, String... flags)
            throws IOException, InterruptedException {
        NriProbe probe = begin(runtime, index, name, flags);
        try {
            var unused = probe.await("Synchronize", line -> true);
            return probe;
        } catch (IOException | InterruptedException | RuntimeException | Error e) {
            probe.close();
            throw e;
        }
    }

    /** The same, without waiting for anything. */
    static NriProbe begin(RuntimeUnderTest runtime, String index, String name, String... flags) throws IOException {
        Path base = runtime.node().files().resolve("nri-" + index + "-" + name);
        List<Object> words = new ArrayList<>(List.of(
                Toolbox.require("nri-probe"),
                "-socket",
                runtime.node().nriSocket(),
                "-name",
                name,
                "-index",
                index,
                "-log",
                base + ".log",
                "-rules",
                base + ".rules"));
        words.addAll(List.of(flags));
        return new NriProbe(base, Command.of(words.toArray()).background(Path.of(base + ".out")));
    }

    /** A plugin that the runtime starts itself, for reading what it was told. */
    static List<JsonNode> told(Path program) throws IOException {
        return lines(Path.of(program + ".log"));
    }

    /** What the plugin does from now on; see rules of nri-probe. */
    void rules(String json) throws IOException {
        Path next = Path.of(base + ".next");
        Files.writeString(next, json);
        Files.move(next, Path.of(base + ".rules"), java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    }

    /** What it was told so far, oldest first. */
    List<JsonNode> told() throws IOException {
        return lines(Path.of(base + ".log"));
    }

    private static List<JsonNode> lines(Path log) throws IOException {
        if (!Files.exists(log)) {
            return List.of();
        }
        String text = Files.readString(log);
        return text.substring(0, text.lastIndexOf('\n') + 1)
                .lines()
                .map(line -> JSON.readTree(line))
                .toList();
    }

    /** The events of one pod or container, oldest first. */
    List<String> events(String id) throws IOException {
        return told().stream()
                .filter(line -> line.path("container")
                        .asString(line.path("pod").asString(""))
                        .equals(id))
                .map(line -> line.get("event").stringValue())
                .toList();
    }

    /** Waits for the first line of an event that fits. */
    JsonNode await(String event, Predicate<JsonNode> fits) throws IOException, InterruptedException {
        for (int i = 0; i < TRIES; i++) {
            for (JsonNode line : told()) {
                if (line.get("event").stringValue().equals(event) && fits.test(line)) {
                    return line;
                }
            }
            Thread.sleep(50);
        }
        throw new AssertionError("the plugin is not told " + event + ": " + told() + said());
    }

    JsonNode awaitContainer(String event, String id) throws IOException, InterruptedException {
        return await(event, line -> line.path("container").asString("").equals(id));
    }

    /** Makes it ask for the updates that its rules call unsolicited. */
    void askForUpdates() throws IOException, InterruptedException {
        Command.of("kill", "-USR1", process.pid()).run();
    }

    /** Stops the process where it is, without ending it. */
    void freeze() throws IOException, InterruptedException {
        Command.of("kill", "-STOP", process.pid()).run();
    }

    boolean isAlive() {
        return process.isAlive();
    }

    private String said() throws IOException {
        Path out = Path.of(base + ".out");
        return Files.exists(out) ? Files.readString(out) : "";
    }

    @Override
    public void close() {
        process.destroyForcibly();
        try {
            boolean unused = process.waitFor(10, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
