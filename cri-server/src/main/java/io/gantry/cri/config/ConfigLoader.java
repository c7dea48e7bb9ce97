package io.gantry.cri.config;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Reads a configuration file and the files of the directory beside it ({@code gantry.toml}, then {@code gantry.d/*.toml} by
 * name; what a later file sets holds).
 */
public final class ConfigLoader {
    /**
     * What was read.
     *
     * @param config with defaults in place of values that have a problem
     * @param problems everything that is wrong, by file and line
     * @param files those that were read, in order
     */
    public record Loaded(GantryConfig config, List<ConfigProblem> problems, List<Path> files) {
        public Loaded {
            problems = List.copyOf(problems);
            files = List.copyOf(files);
        }

        /**
         * The configuration if nothing is wrong with it.
         *
         * @throws GantryException INVALID_ARGUMENT with every problem, one a line
         */
        public GantryConfig orThrow() {
            if (problems.isEmpty()) {
                return config;
            }
            String list =
                    problems.stream().map(ConfigProblem::toString).collect(Collectors.joining("\n  ", "\n  ", ""));
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT,
                    "read configuration",
                    problems.size() + (problems.size() == 1 ? " problem:" : " problems:") + list);
        }
    }

    private ConfigLoader() {}

    /** Reads {@code file}, which must exist unless it is {@link GantryConfig#DEFAULT_FILE}, and its drop-in files. */
    public static Loaded load(Path file) {
        Path absolute = file.toAbsolutePath().normalize();
        ConfigSource source = new ConfigSource();
        List<Path> files = new ArrayList<>();
        if (!absolute.equals(GantryConfig.DEFAULT_FILE) || Files.exists(absolute)) {
            files.add(absolute);
        }
        files.addAll(dropIns(absolute, source));
        files.forEach(source::add);
        ConfigReader reader = new ConfigReader(source);
        GantryConfig config = GantryConfig.read(reader);
        return new Loaded(config, reader.problems(), files);
    }

    /** The configuration that holds when no file says anything. */
    public static GantryConfig defaults() {
        return GantryConfig.read(new ConfigReader(new ConfigSource()));
    }

    /** {@code gantry.toml} has its drop-in files in {@code gantry.d}. */
    static Path dropInDirectory(Path file) {
        String name = String.valueOf(file.getFileName());
        return file.resolveSibling((name.endsWith(".toml") ? name.substring(0, name.length() - 5) : name) + ".d");
    }

    private static List<Path> dropIns(Path file, ConfigSource source) {
        List<Path> found = new ArrayList<>();
        Path directory = dropInDirectory(file);
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, "*.toml")) {
            entries.forEach(found::add);
        } catch (NoSuchFileException | NotDirectoryException _) {
            return List.of();
        } catch (IOException e) {
            source.problems().add(new ConfigProblem(directory, 0, "cannot be listed: " + e));
        }
        Collections.sort(found);
        return found;
    }
}
