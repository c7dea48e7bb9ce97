package io.gantry.platform.linux;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/** Finds programs in the directories of a {@code PATH}, in order; empty entries are ignored. */
public final class ProgramSearch {
    private static final String DEFAULT = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    private ProgramSearch() {}

    /** The directories of {@code PATH} of this process, or the usual ones when it has none. */
    public static List<Path> ofDaemon() {
        return directories(System.getenv().getOrDefault("PATH", DEFAULT));
    }

    static List<Path> directories(String path) {
        return Arrays.stream(path.split(":", -1))
                .filter(entry -> !entry.isEmpty())
                .map(Path::of)
                .toList();
    }

    /** The first executable regular file of that name; a name with a slash is looked at as it is. */
    public static Optional<Path> find(List<Path> directories, String name) {
        if (name.contains("/")) {
            return Optional.of(Path.of(name)).filter(ProgramSearch::isProgram);
        }
        return directories.stream()
                .map(directory -> directory.resolve(name))
                .filter(ProgramSearch::isProgram)
                .findFirst();
    }

    private static boolean isProgram(Path path) {
        return Files.isRegularFile(path) && Files.isExecutable(path);
    }
}
