package io.gantry.cni.plugin;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The directories that hold plugin programs, in the order they are searched. */
public record PluginPath(List<Path> directories) {
    public PluginPath {
        directories = List.copyOf(directories);
    }

    /** The first executable file of this name. */
    public Optional<Path> find(String plugin) {
        for (Path directory : directories) {
            Path program = directory.resolve(plugin);
            if (Files.isRegularFile(program) && Files.isExecutable(program)) {
                return Optional.of(program);
            }
        }
        return Optional.empty();
    }

    /** @throws GantryException FAILED_PRECONDITION naming the directories that were searched */
    public Path require(String plugin, String action) {
        return find(plugin)
                .orElseThrow(() -> GantryException.of(ErrorKind.FAILED_PRECONDITION, action, missing(plugin))
                        .withRemedy("install the plugin there or correct network.bin_dirs"));
    }

    /** The problem that a plugin is missing, for messages. */
    public String missing(String plugin) {
        return "CNI plugin " + plugin + " is not in "
                + (directories.isEmpty()
                        ? "any directory: none is configured"
                        : directories.stream().map(Path::toString).collect(Collectors.joining(", ")));
    }

    /** As {@code CNI_PATH} wants it. */
    String environmentValue() {
        return directories.stream().map(Path::toString).collect(Collectors.joining(":"));
    }
}
