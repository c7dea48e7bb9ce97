package io.gantry.cni.plugin;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.Command.Stdio;
import io.gantry.platform.process.ExitStatus;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import tools.jackson.databind.JsonNode;

/** Plugins that are not run: their files exist, and what they answer is scripted by name and verb. */
public final class FakePlugins implements ProcessRunner {
    /** A call as a plugin would see it. */
    public record Call(String plugin, String verb, Map<String, String> environment, JsonNode stdin) {
        @Override
        public String toString() {
            return verb + " " + plugin;
        }
    }

    /** What a plugin does when called. */
    @FunctionalInterface
    public interface Script {
        ProcessResult answer(Call call) throws InterruptedException;
    }

    private final Path binDir;
    private final Map<String, Script> scripts = new ConcurrentHashMap<>();
    private final List<Call> calls = new CopyOnWriteArrayList<>();

    public FakePlugins(Path binDir) {
        this.binDir = binDir;
    }

    /** Makes a plugin's file; until scripted it answers every verb with success and nothing. */
    public FakePlugins install(String... plugins) {
        try {
            for (String plugin : plugins) {
                Files.createFile(
                        binDir.resolve(plugin),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            }
            return this;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public FakePlugins on(String plugin, String verb, Script script) {
        scripts.put(verb + " " + plugin, script);
        return this;
    }

    public FakePlugins answering(String plugin, String verb, String stdout) {
        return on(plugin, verb, call -> success(stdout));
    }

    public FakePlugins failing(String plugin, String verb, String stdout) {
        return on(plugin, verb, call -> failure(1, stdout, ""));
    }

    public static ProcessResult success(String stdout) {
        return new ProcessResult(new ExitStatus(0, 0), utf8(stdout), new byte[0], false, false);
    }

    public static ProcessResult failure(int code, String stdout, String stderr) {
        return new ProcessResult(new ExitStatus(code, 0), utf8(stdout), utf8(stderr), false, false);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** All calls so far, in order. */
    public List<Call> calls() {
        return List.copyOf(calls);
    }

    /** The calls of one verb, each as {@code "ADD bridge"}. */
    public List<String> names(String... verbs) {
        return calls.stream()
                .filter(call -> List.of(verbs).contains(call.verb()))
                .map(Call::toString)
                .toList();
    }

    /** Forgets the calls so far. */
    public void forget() {
        calls.clear();
    }

    @Override
    public ProcessResult run(Command command, Deadline deadline) throws InterruptedException {
        String plugin = Path.of(command.argv().getFirst()).getFileName().toString();
        byte[] stdin = command.stdin() instanceof Stdio.Bytes bytes ? bytes.content() : new byte[0];
        Call call = new Call(
                plugin,
                command.environment().getOrDefault("CNI_COMMAND", ""),
                command.environment(),
                Json.mapper().readTree(stdin));
        calls.add(call);
        Script script = scripts.get(call.toString());
        return script == null ? success("") : script.answer(call);
    }

    @Override
    public RunningProcess start(Command command) {
        throw new UnsupportedOperationException("plugins are run, not started");
    }
}
