package io.gantry.cri.cli;

import io.gantry.cri.config.ConfigLoader;
import io.gantry.cri.config.GantryConfig;
import java.nio.file.Path;
import picocli.CommandLine.Option;

/** {@code --config}, for every command that reads the configuration. */
final class ConfigOption {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Configuration. Default: /etc/gantry/gantry.toml, which may be missing.")
    Path file = GantryConfig.DEFAULT_FILE;

    ConfigLoader.Loaded load() {
        return ConfigLoader.load(file);
    }
}
