package io.gantry.e2e.images;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** A program run to its end, its output as text; anything but exit status 0 is an error that quotes the output. */
final class Command {
    private final List<String> words = new ArrayList<>();
    private final Map<String, String> environment = new HashMap<>();

    private Command(List<String> words) {
        this.words.addAll(words);
    }

    static Command of(String... words) {
        return new Command(List.of(words));
    }

    Command with(Path argument) {
        words.add(argument.toString());
        return this;
    }

    Command env(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Runs the program and returns what it printed on both streams. */
    String run() throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.environment().putAll(environment);
        builder.environment().put("LC_ALL", "C");
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        int status = process.waitFor();
        if (status != 0) {
            throw new IOException("run " + String.join(" ", words) + ": exit status " + status + ": " + output.strip());
        }
        return output;
    }
}
