package io.gantry.image.registry;

import java.nio.file.Path;
import java.util.List;

/** Sketch; replaced. */
public final class RegistryHosts {
    private final List<Path> directories;

    /** Host configuration from these directories, the first that knows a registry wins. */
    public RegistryHosts(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    List<Path> directories() {
        return directories;
    }
}
