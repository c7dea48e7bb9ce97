package io.gantry.e2e.tree;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What systemd makes of a unit and its drop-ins, as far as starting one program goes (systemd.unit(5), systemd.exec(5)): later
 * files add to a setting and an empty one clears it; a line goes on behind a backslash; variables of files win over those of
 * {@code Environment=}, and those of later files over those of earlier ones.
 */
final class UnitFile {
    private final Map<String, List<String>> settings = new LinkedHashMap<>();

    /** Reads the unit, or one more of its drop-ins. */
    UnitFile add(String text) {
        for (String line : text.replace("\\\n", " ").split("\n")) {
            int at = line.indexOf('=');
            if (at < 0 || line.startsWith("#") || line.startsWith(";")) {
                continue;
            }
            List<String> values = settings.computeIfAbsent(line.substring(0, at).strip(), key -> new ArrayList<>());
            String value = line.substring(at + 1).strip();
            if (value.isEmpty()) {
                values.clear();
            } else {
                values.add(value);
            }
        }
        return this;
    }

    List<String> all(String key) {
        return List.copyOf(settings.getOrDefault(key, List.of()));
    }

    /**
     * The words of the one command of {@code ExecStart=}, with variables put in.
     *
     * @param files the content of each file that {@code EnvironmentFile=} names; the others do not exist
     */
    List<String> command(Map<String, String> files) {
        Map<String, String> environment = new HashMap<>();
        for (String assignment : all("Environment")) {
            assign(environment, assignment.replaceAll("^\"|\"$", ""));
        }
        for (String file : all("EnvironmentFile")) {
            files.getOrDefault(file.replaceFirst("^-", ""), "").lines().forEach(line -> assign(environment, line));
        }
        List<String> commands = all("ExecStart");
        if (commands.size() != 1) {
            throw new IllegalStateException("start the unit: it has " + commands.size() + " commands: " + commands);
        }
        List<String> words = new ArrayList<>();
        for (String word : commands.getFirst().split("\\s+")) {
            String text = word.startsWith("$") ? environment.getOrDefault(word.substring(1), "") : word;
            if (!text.isBlank()) {
                words.addAll(List.of(text.strip().split("\\s+")));
            }
        }
        return words;
    }

    private static void assign(Map<String, String> environment, String assignment) {
        int at = assignment.indexOf('=');
        environment.put(assignment.substring(0, at), assignment.substring(at + 1));
    }
}
