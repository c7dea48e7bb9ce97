package io.gantry.e2e.process;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A program to run to its end, with no input unless a file is named. Its output goes through files, so that what it leaves running is no matter. */
public final class Command {
    private final List<String> words = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();
    private Duration limit = Duration.ofMinutes(5);
    private Optional<Path> directory = Optional.empty();
    private Path input = Path.of("/dev/null");

    private Command(List<String> words) {
        this.words.addAll(words);
    }

    public static Command of(Object... words) {
        return new Command(Arrays.stream(words).map(Object::toString).toList());
    }

    public static Command of(List<String> words) {
        return new Command(words);
    }

    /** Program and arguments, to be started otherwise than here. */
    public List<String> words() {
        return List.copyOf(words);
    }

    /** Adds a variable to the environment, which is otherwise this process's own. */
    public Command env(String name, String value) {
        environment.put(name, value);
        return this;
    }

    public Command in(Path workingDirectory) {
        directory = Optional.of(workingDirectory);
        return this;
    }

    /** The file that is its standard input. */
    public Command input(Path file) {
        input = file;
        return this;
    }

    /** A program that runs longer is killed, which is an error. Five minutes unless said. */
    public Command within(Duration duration) {
        limit = duration;
        return this;
    }

    /** Runs the program and returns its standard output without the last line end; any other status than 0 is an error. */
    public String run() throws IOException, InterruptedException {
        return result().line();
    }

    /** Runs the program to its end, however it ends. */
    public Result result() throws IOException, InterruptedException {
        Path output = Files.createTempFile("gantry-e2e", ".out");
        Path error = Files.createTempFile("gantry-e2e", ".err");
        try {
            Process process = start(output, error);
            try {
                if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw new IOException("run " + shown() + ": it still ran after " + limit + " and was killed: "
                            + Files.readString(output) + Files.readString(error));
                }
            } finally {
                process.destroyForcibly();
            }
            return new Result(shown(), process.exitValue(), Files.readString(output), Files.readString(error));
        } finally {
            Files.deleteIfExists(output);
            Files.deleteIfExists(error);
        }
    }

    /** Starts the program, with all it says going to a file; it is the caller's to end. */
    public Process background(Path output) throws IOException {
        return start(output, Path.of("/dev/null"));
    }

    private Process start(Path output, Path error) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(words)
                .redirectInput(input.toFile())
                .redirectOutput(output.toFile())
                .redirectError(error.toFile());
        directory.ifPresent(path -> builder.directory(path.toFile()));
        builder.environment().put("LC_ALL", "C");
        builder.environment().putAll(environment);
        return builder.start();
    }

    private String shown() {
        return String.join(" ", words);
    }
}
