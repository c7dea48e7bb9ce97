package io.gantry.cri.cli;

import io.gantry.cri.config.ConfigLoader;
import io.gantry.cri.config.ConfigProblem;
import io.gantry.cri.config.ConfigTemplate;
import io.gantry.cri.config.GantryConfig;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gantry config}. */
@Command(
        name = "config",
        description = "Print or check the configuration.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(default | validate)")
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class ConfigCommand {
    @Spec
    CommandSpec spec;

    @Command(
            name = "default",
            description = "Print every key with its default and what it is for; good as a first gantry.toml.",
            mixinStandardHelpOptions = true)
    int printDefault() {
        spec.commandLine().getOut().print(ConfigTemplate.render());
        spec.commandLine().getOut().flush();
        return ExitCodes.OK;
    }

    @Command(
            name = "validate",
            description = "Check a configuration and its drop-in files, and list every problem with file and line.",
            mixinStandardHelpOptions = true,
            exitCodeListHeading = "%nExit status:%n",
            exitCodeList = {" 0:nothing is wrong", " 3:there are problems"})
    int validate(
            @Parameters(arity = "0..1", paramLabel = "FILE", description = "The same as --config FILE.") @Nullable
                    Path file,
            @Mixin ConfigOption config) {
        Path main = file == null ? config.file : file;
        ConfigLoader.Loaded loaded = ConfigLoader.load(main);
        for (ConfigProblem problem : loaded.problems()) {
            spec.commandLine().getErr().println(problem);
        }
        if (!loaded.problems().isEmpty()) {
            return ExitCodes.CONFIGURATION;
        }
        String files = loaded.files().stream().map(Path::toString).collect(Collectors.joining(", "));
        spec.commandLine()
                .getOut()
                .println(
                        files.isEmpty()
                                ? "no file at " + GantryConfig.DEFAULT_FILE + ", so the defaults hold"
                                : files + ": ok");
        return ExitCodes.OK;
    }
}
