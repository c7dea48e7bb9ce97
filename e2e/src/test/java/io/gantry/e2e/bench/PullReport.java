package io.gantry.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The figures of all pulls: a table of medians for people, all of them as JSON. */
final class PullReport {
    private final Map<String, Map<String, List<PullFigures>>> figures = new LinkedHashMap<>();

    private final Map<String, PullFigures> first = new LinkedHashMap<>();
    private final String peer;

    /** @param peer the runtime that the others are compared with */
    PullReport(String peer) {
        this.peer = peer;
    }

    /** The pull before those that count: it warms up the registry's page cache, and the code of a fresh daemon. */
    void addFirst(String what, String runtime, PullFigures measured) {
        figures.computeIfAbsent(what, key -> new LinkedHashMap<>()).put(runtime, new ArrayList<>());
        first.put(what + "/" + runtime, measured);
    }

    void add(String what, String runtime, PullFigures measured) {
        figures.get(what).get(runtime).add(measured);
    }

    /** One line for each image and runtime; the ratio is that of the medians to the peer's. */
    String table() {
        StringBuilder out = new StringBuilder();
        out.append("%-20s %-12s %8s %8s %7s %8s %9s %9s%n"
                .formatted("image", "runtime", "first", "seconds", "ratio", "CPU s", "peak MiB", "disk MiB"));
        figures.forEach((what, runtimes) -> {
            PullFigures compared = PullFigures.median(runtimes.get(peer));
            runtimes.forEach((runtime, measured) -> {
                PullFigures median = PullFigures.median(measured);
                out.append("%-20s %-12s %8.2f %8.2f %7.2f %8.1f %9.0f %9.0f%n"
                        .formatted(
                                what,
                                runtime,
                                first.get(what + "/" + runtime).seconds(),
                                median.seconds(),
                                median.seconds() / compared.seconds(),
                                median.cpuSeconds(),
                                median.peakMib(),
                                median.diskMib()));
            });
        });
        return out.toString();
    }

    void write(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(
                file,
                figures.entrySet().stream()
                        .map(image -> "  \"" + image.getKey() + "\": {\n" + runtimes(image.getKey(), image.getValue())
                                + "\n  }")
                        .collect(Collectors.joining(",\n", "{\n", "\n}\n")));
    }

    private String runtimes(String what, Map<String, List<PullFigures>> runtimes) {
        return runtimes.entrySet().stream()
                .map(runtime -> "    \"" + runtime.getKey() + "\": {\n      \"first\": "
                        + first.get(what + "/" + runtime.getKey()).json() + ",\n      \"median\": "
                        + PullFigures.median(runtime.getValue()).json() + ",\n      \"rounds\": ["
                        + runtime.getValue().stream().map(PullFigures::json).collect(Collectors.joining(", "))
                        + "]\n    }")
                .collect(Collectors.joining(",\n"));
    }
}
