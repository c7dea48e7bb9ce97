package io.gantry.cri.config;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.dataformat.toml.TomlMapper;

/** What the files say: a value for each key, from the last file that has it, and where it stands. */
final class ConfigSource {
    /** A place in a file. */
    record Place(Path file, int line) {}

    /** A value and its place. */
    record Entry(JsonNode value, Place place) {}

    private static final TomlMapper TOML = new TomlMapper();

    private final Map<List<String>, Entry> entries = new LinkedHashMap<>();
    private final Map<List<String>, Place> tables = new LinkedHashMap<>();
    private final List<ConfigProblem> problems = new ArrayList<>();

    /** Adds a file; what it sets replaces what earlier files set. A file that cannot be read or parsed is a problem. */
    void add(Path file) {
        String text;
        try {
            text = Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            problems.add(new ConfigProblem(file, 0, "cannot be read: " + e));
            return;
        }
        try {
            JsonNode tree = TOML.readTree(text);
            Map<List<String>, Integer> lines = TomlLines.of(text);
            flatten(tree, List.of(), file, lines);
        } catch (JacksonException e) {
            int line = e.getLocation() == null ? 0 : Math.max(0, e.getLocation().getLineNr());
            problems.add(new ConfigProblem(file, line, "not valid TOML: " + e.getOriginalMessage()));
        }
    }

    private void flatten(JsonNode node, List<String> path, Path file, Map<List<String>, Integer> lines) {
        if (!node.isObject()) {
            entries.put(path, new Entry(node, new Place(file, lineOf(path, lines))));
            return;
        }
        if (!path.isEmpty()) {
            tables.put(path, new Place(file, lineOf(path, lines)));
        }
        node.properties().forEach(property -> {
            List<String> child = new ArrayList<>(path);
            child.add(property.getKey());
            flatten(property.getValue(), List.copyOf(child), file, lines);
        });
    }

    /** The line of the key itself, else of the nearest one that holds it, else of the first one that it holds. */
    private static int lineOf(List<String> path, Map<List<String>, Integer> lines) {
        for (int length = path.size(); length > 0; length--) {
            Integer line = lines.get(path.subList(0, length));
            if (line != null) {
                return line;
            }
        }
        return lines.entrySet().stream()
                .filter(entry -> entry.getKey().size() > path.size()
                        && entry.getKey().subList(0, path.size()).equals(path))
                .mapToInt(Map.Entry::getValue)
                .min()
                .orElse(0);
    }

    @Nullable
    Entry get(List<String> path) {
        return entries.get(path);
    }

    @Nullable
    Place table(List<String> path) {
        return tables.get(path);
    }

    Map<List<String>, Entry> entries() {
        return entries;
    }

    Map<List<String>, Place> tables() {
        return tables;
    }

    List<ConfigProblem> problems() {
        return problems;
    }
}
