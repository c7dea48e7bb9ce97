package io.gantry.cri.config;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Reads a configuration once, from its root {@link ConfigSection}, and keeps what was asked for: from that follow the
 * unknown keys, the comments of every key, and the values in force.
 */
final class ConfigReader {
    /** A section of the file with the comment above it. */
    record SectionDoc(List<String> path, String comment, List<KeyDoc> keys) {}

    /** A key, its comment, its default as TOML, and the value in force as TOML. */
    record KeyDoc(String name, String comment, String defaultToml, String effectiveToml) {}

    private final ConfigSource source;
    private final List<ConfigProblem> problems;
    private final List<SectionDoc> docs = new ArrayList<>();
    private final Set<List<String>> asked = new HashSet<>();

    ConfigReader(ConfigSource source) {
        this.source = source;
        this.problems = new ArrayList<>(source.problems());
    }

    ConfigSection root() {
        return section(List.of(), "");
    }

    ConfigSection section(List<String> path, String comment) {
        SectionDoc doc = new SectionDoc(path, comment, new ArrayList<>());
        docs.add(doc);
        asked.add(path);
        return new ConfigSection(this, source, path, doc);
    }

    void asked(List<String> path) {
        asked.add(path);
    }

    void problem(ConfigProblem problem) {
        problems.add(problem);
    }

    /** Every problem found: those of the files, of the values that were read, and the keys that nobody asked for. */
    List<ConfigProblem> problems() {
        List<ConfigProblem> all = new ArrayList<>(problems);
        Set<List<String>> unknownTables = new HashSet<>();
        source.tables().forEach((path, place) -> {
            if (!asked.contains(path) && !unknownTables.contains(path.subList(0, path.size() - 1))) {
                boolean holdsKnown = asked.stream().anyMatch(known -> startsWith(known, path));
                if (!holdsKnown) {
                    all.add(new ConfigProblem(place.file(), place.line(), unknown("section", path)));
                }
                if (!holdsKnown) {
                    unknownTables.add(path);
                }
            } else if (!asked.contains(path)) {
                unknownTables.add(path);
            }
        });
        source.entries().forEach((path, entry) -> {
            boolean inUnknownTable = unknownTables.contains(path.subList(0, path.size() - 1));
            if (!asked.contains(path) && !inUnknownTable) {
                all.add(new ConfigProblem(entry.place().file(), entry.place().line(), unknown("key", path)));
            }
        });
        return all.stream().distinct().sorted(ORDER).toList();
    }

    private static final java.util.Comparator<ConfigProblem> ORDER = java.util.Comparator.comparing(
                    (ConfigProblem problem) -> String.valueOf(problem.file()))
            .thenComparingInt(ConfigProblem::line);

    private String unknown(String what, List<String> path) {
        String name = dotted(path);
        Set<String> known = asked.stream()
                .filter(candidate -> !candidate.isEmpty() && !startsWith(path, candidate))
                .map(ConfigReader::dotted)
                .collect(Collectors.toSet());
        Optional<String> similar = SimilarName.of(name, known)
                .or(() -> known.stream()
                        .filter(candidate -> candidate.endsWith("." + path.getLast()))
                        .sorted()
                        .findFirst());
        return "unknown " + what + " \"" + name + "\""
                + similar.map(candidate -> "; did you mean \"" + candidate + "\"?")
                        .orElse("; 'gantry config default' prints every key");
    }

    List<SectionDoc> docs() {
        return docs;
    }

    /** Every key with the value in force, as TOML. */
    Map<String, String> effective() {
        Map<String, String> values = new LinkedHashMap<>();
        for (SectionDoc section : docs) {
            for (KeyDoc key : section.keys()) {
                List<String> path = new ArrayList<>(section.path());
                path.add(key.name());
                values.put(dotted(path), key.effectiveToml());
            }
        }
        return values;
    }

    private static boolean startsWith(List<String> path, List<String> prefix) {
        return path.size() >= prefix.size() && path.subList(0, prefix.size()).equals(prefix);
    }

    static String dotted(List<String> path) {
        return String.join(".", path);
    }
}
