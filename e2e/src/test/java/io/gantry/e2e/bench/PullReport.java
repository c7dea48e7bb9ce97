package io.gantry.e2e.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The figures of all pulls: a table of medians for people, all of them as JSON. */
final class PullReport {
    /**
     * The pulls of one image by one runtime.
     *
     * @param first the pull before those that count: it warms up the registry's page cache, and the code of a fresh daemon
     * @param rounds those that count
     */
    record Series(String image, String runtime, PullFigures first, List<PullFigures> rounds) {
        Series {
            rounds = List.copyOf(rounds);
        }

        PullFigures median() {
            return PullFigures.median(rounds);
        }

        String json() {
            return "  {\"image\": \"%s\", \"runtime\": \"%s\",\n   \"first\": %s,\n   \"median\": %s,\n   \"rounds\": [%s]}"
                    .formatted(
                            image,
                            runtime,
                            first.json(),
                            median().json(),
                            rounds.stream().map(PullFigures::json).collect(Collectors.joining(", ")));
        }
    }

    private final List<Series> all = new ArrayList<>();

    /** Adds what the runtimes did with one image; the last one is the peer that the others are compared with. */
    void add(List<Series> image) {
        all.addAll(image);
    }

    /** One line for each image and runtime; the ratio is that of the medians to the peer's. */
    String table() {
        StringBuilder out = new StringBuilder();
        out.append("%-20s %-12s %8s %8s %7s %8s %9s %9s%n"
                .formatted("image", "runtime", "first", "seconds", "ratio", "CPU s", "peak MiB", "disk MiB"));
        for (Series series : all) {
            PullFigures median = series.median();
            out.append("%-20s %-12s %8.2f %8.2f %7.2f %8.1f %9.0f %9.0f%n"
                    .formatted(
                            series.image(),
                            series.runtime(),
                            series.first().seconds(),
                            median.seconds(),
                            median.seconds() / peerOf(series).median().seconds(),
                            median.cpuSeconds(),
                            median.peakMib(),
                            median.diskMib()));
        }
        return out.toString();
    }

    private Series peerOf(Series series) {
        return all.stream()
                .filter(other -> other.image().equals(series.image()))
                .reduce((_, later) -> later)
                .orElse(series);
    }

    void write(Path file) throws IOException {
        Files.createDirectories(file.toAbsolutePath().getParent());
        Files.writeString(file, all.stream().map(Series::json).collect(Collectors.joining(",\n", "[\n", "\n]\n")));
    }
}
