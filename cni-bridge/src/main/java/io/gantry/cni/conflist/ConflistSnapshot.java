package io.gantry.cni.conflist;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a configuration directory held at one moment.
 *
 * @param directory the directory
 * @param active the first valid network by file name, or null
 * @param rejected the files before it that cannot be used, by name
 * @param directoryProblem why the directory could not be read, or null
 */
public record ConflistSnapshot(
        Path directory,
        @Nullable CniConflist active,
        List<Rejected> rejected,
        @Nullable String directoryProblem) {

    /** A file that cannot be used, and why. */
    public record Rejected(Path file, String problem) {
        @Override
        public String toString() {
            return file + ": " + problem;
        }
    }

    /** Reads a directory once, as a daemon does when it starts; one that is not there is no error. */
    public static ConflistSnapshot read(Path directory) {
        return ConflistLoader.load(directory.toAbsolutePath().normalize());
    }

    public ConflistSnapshot {
        rejected = List.copyOf(rejected);
    }

    public Optional<CniConflist> network() {
        return Optional.ofNullable(active);
    }

    /** Why there is no network, or which files were passed over; empty when there is nothing to say. */
    public String problem() {
        if (directoryProblem != null) {
            return directoryProblem;
        }
        String files = rejected.stream().map(Rejected::toString).collect(Collectors.joining("; "));
        if (active != null || !rejected.isEmpty()) {
            return files;
        }
        return "no network configuration (*.conflist, *.conf, *.json) in " + directory;
    }
}
