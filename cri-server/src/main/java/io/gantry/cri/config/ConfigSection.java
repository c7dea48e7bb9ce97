package io.gantry.cri.config;

import io.gantry.cri.config.ConfigReader.KeyDoc;
import io.gantry.cri.config.ConfigReader.SectionDoc;
import io.gantry.cri.config.ConfigSource.Entry;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * One section of the configuration while it is read. Each method reads one key: its name, its default and its comment are
 * given in the same place. A value that breaks a rule is noted as a problem and the default goes on in its place, so that
 * one reading finds every problem.
 */
final class ConfigSection {
    private static final Pattern DURATION = Pattern.compile("(\\d{1,9})(ms|s|m|h)");

    private final ConfigReader reader;
    private final ConfigSource source;
    private final List<String> path;
    private final SectionDoc doc;

    ConfigSection(ConfigReader reader, ConfigSource source, List<String> path, SectionDoc doc) {
        this.reader = reader;
        this.source = source;
        this.path = path;
        this.doc = doc;
    }

    /** A value that was refused; the text says why, beginning with "must". */
    static final class Refused extends Exception {
        private static final long serialVersionUID = 1L;

        Refused(String problem) {
            super(problem);
        }
    }

    /** Reads one kind of value. */
    @FunctionalInterface
    private interface Parser<T> {
        T parse(JsonNode value) throws Refused;
    }

    /** A further rule for a value; throws {@link Refused} or returns what the value means. */
    @FunctionalInterface
    interface Rule<V, T> {
        T apply(V value) throws Refused;
    }

    /** Any text. */
    String text(String key, String defaultValue, String comment) {
        return parsed(key, defaultValue, comment, value -> value);
    }

    /** A text that means something else. */
    <T> T parsed(String key, String defaultValue, String comment, Rule<String, T> rule) {
        return read(
                key, quote(defaultValue), comment, value -> rule.apply(asText(value)), () -> rule.apply(defaultValue));
    }

    /** One of some texts. */
    String oneOf(String key, String defaultValue, List<String> allowed, String comment) {
        return parsed(key, defaultValue, comment, value -> {
            if (!allowed.contains(value)) {
                throw new Refused("must be one of "
                        + String.join(
                                ", ", allowed.stream().map(ConfigSection::quote).toList()) + ", not " + quote(value));
            }
            return value;
        });
    }

    /** An absolute path without {@code .} and {@code ..}. */
    Path absolutePath(String key, String defaultValue, String comment) {
        return parsed(key, defaultValue, comment, ConfigSection::toAbsolutePath);
    }

    /** Absolute paths, at least one. */
    List<Path> absolutePaths(String key, List<String> defaults, String comment) {
        return texts(key, defaults, comment, values -> {
            if (values.isEmpty()) {
                throw new Refused("must have at least one path");
            }
            List<Path> paths = new ArrayList<>();
            for (String value : values) {
                paths.add(toAbsolutePath(value));
            }
            return List.copyOf(paths);
        });
    }

    /** A list of texts with a rule for all of them. */
    <T> T texts(String key, List<String> defaults, String comment, Rule<List<String>, T> rule) {
        Parser<T> parser = value -> {
            List<String> texts = new ArrayList<>();
            if (!value.isArray()) {
                throw new Refused("must be a list of strings");
            }
            for (JsonNode element : value) {
                texts.add(asText(element));
            }
            return rule.apply(List.copyOf(texts));
        };
        String toml = list(defaults.stream().map(ConfigSection::quote).toList());
        return read(key, toml, comment, parser, () -> rule.apply(defaults));
    }

    /** A whole number within bounds. */
    int number(String key, int defaultValue, int min, int max, String comment) {
        return read(
                key,
                Integer.toString(defaultValue),
                comment,
                value -> {
                    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
                        throw new Refused("must be a whole number from " + min + " to " + max);
                    }
                    int number = value.intValue();
                    if (number < min || number > max) {
                        throw new Refused("must be from " + min + " to " + max + ", not " + number);
                    }
                    return number;
                },
                () -> defaultValue);
    }

    /** True or false. */
    boolean flag(String key, boolean defaultValue, String comment) {
        return read(
                key,
                Boolean.toString(defaultValue),
                comment,
                value -> {
                    if (!value.isBoolean()) {
                        throw new Refused("must be true or false, without quotes");
                    }
                    return value.booleanValue();
                },
                () -> defaultValue);
    }

    /** A length of time such as {@code "30s"} within bounds. */
    Duration duration(String key, String defaultValue, Duration min, Duration max, String comment) {
        return parsed(key, defaultValue, comment, value -> {
            Duration duration = toDuration(value);
            if (duration.compareTo(min) < 0 || duration.compareTo(max) > 0) {
                throw new Refused("must be from " + show(min) + " to " + show(max) + ", not " + quote(value));
            }
            return duration;
        });
    }

    /** The section of that name within this one. */
    ConfigSection section(String name, String comment) {
        List<String> child = child(name);
        Entry entry = source.get(child);
        if (entry != null) {
            reader.asked(child);
            problem(child, entry, "must be a section, not a value");
        }
        return reader.section(child, comment);
    }

    /** The sections within section {@code name}, by their names: those built in, then those that the files add. */
    <T> Map<String, T> sections(
            String name, Set<String> builtIn, Function<String, String> comment, Function<ConfigSection, T> read) {
        List<String> parent = child(name);
        reader.asked(parent);
        Set<String> names = new LinkedHashSet<>(builtIn);
        source.tables().keySet().stream()
                .filter(table -> table.size() == parent.size() + 1
                        && table.subList(0, parent.size()).equals(parent))
                .forEach(table -> names.add(table.getLast()));
        Map<String, T> result = new LinkedHashMap<>();
        for (String each : names) {
            List<String> childPath = new ArrayList<>(parent);
            childPath.add(each);
            result.put(each, read.apply(reader.section(List.copyOf(childPath), comment.apply(each))));
        }
        return result;
    }

    /** This section's own name. */
    String name() {
        return path.getLast();
    }

    /** Notes a problem of this section as a whole, for rules that concern more than one key. */
    void refuse(String key, String problem) {
        problem(child(key), source.get(child(key)), problem);
    }

    /** A default; it obeys its own rules unless the code is wrong. */
    @FunctionalInterface
    private interface Default<T> {
        T get() throws Refused;
    }

    private <T> T read(String key, String defaultToml, String comment, Parser<T> parser, Default<T> fallback) {
        List<String> full = child(key);
        reader.asked(full);
        Entry entry = source.get(full);
        ConfigSource.Place table = source.table(full);
        if (entry == null && table != null) {
            reader.problem(
                    new ConfigProblem(table.file(), table.line(), dotted(full) + " must be a value, not a section"));
        }
        doc.keys().add(new KeyDoc(key, comment, defaultToml, entry == null ? defaultToml : toml(entry.value())));
        try {
            if (entry != null) {
                return parser.parse(entry.value());
            }
        } catch (Refused e) {
            problem(full, entry, String.valueOf(e.getMessage()));
        }
        try {
            return fallback.get();
        } catch (Refused e) {
            throw new IllegalStateException("default of " + dotted(full) + " " + e.getMessage(), e);
        }
    }

    /** A value that was read, as one would write it in TOML. */
    private static String toml(JsonNode value) {
        if (value.isArray()) {
            List<String> elements = new ArrayList<>();
            value.forEach(element -> elements.add(toml(element)));
            return list(elements);
        }
        return value.isString() ? quote(value.stringValue()) : value.toString();
    }

    private static String list(List<String> elements) {
        return "[" + String.join(", ", elements) + "]";
    }

    private void problem(List<String> full, @Nullable Entry entry, String text) {
        reader.problem(new ConfigProblem(
                entry == null ? null : entry.place().file(),
                entry == null ? 0 : entry.place().line(),
                dotted(full) + " " + text));
    }

    private List<String> child(String name) {
        List<String> full = new ArrayList<>(path);
        full.add(name);
        return List.copyOf(full);
    }

    private static String dotted(List<String> full) {
        return ConfigReader.dotted(full);
    }

    private static String asText(JsonNode value) throws Refused {
        if (!value.isString()) {
            throw new Refused("must be a string in quotes, not " + value);
        }
        return value.stringValue();
    }

    private static Path toAbsolutePath(String value) throws Refused {
        try {
            Path path = Path.of(value);
            if (!path.isAbsolute()) {
                throw new Refused("must be an absolute path, not " + quote(value));
            }
            if (!path.equals(path.normalize())) {
                throw new Refused("must be a path without . and .., not " + quote(value));
            }
            return path;
        } catch (InvalidPathException e) {
            throw new Refused("must be a path: " + e.getReason());
        }
    }

    static Duration toDuration(String value) throws Refused {
        Matcher matcher = DURATION.matcher(value);
        if (!matcher.matches()) {
            throw new Refused(
                    "must be a length of time such as \"500ms\", \"30s\", \"5m\" or \"1h\", not " + quote(value));
        }
        long number = Long.parseLong(matcher.group(1));
        return switch (matcher.group(2)) {
            case "ms" -> Duration.ofMillis(number);
            case "s" -> Duration.ofSeconds(number);
            case "m" -> Duration.ofMinutes(number);
            default -> Duration.ofHours(number);
        };
    }

    private static String show(Duration duration) {
        long millis = duration.toMillis();
        if (millis % 3_600_000 == 0 && millis > 0) {
            return millis / 3_600_000 + "h";
        }
        return millis % 1000 == 0 ? millis / 1000 + "s" : millis + "ms";
    }

    /** A text as a TOML basic string. */
    static String quote(String value) {
        return '"' + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
    }
}
