package io.gantry.cri.cli;

import io.gantry.cri.config.GantryConfig;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Only describes {@code gantry serve}: the program reads its arguments itself before it comes here. */
@Command(
        name = "serve",
        description = {
            "Run the daemon until SIGTERM or SIGINT. Containers keep running when it stops, and a new one takes them over.",
            "",
            "The socket appears last: when it is there, calls are answered. A second daemon on the same socket is refused.",
            "The log goes to standard error. With NOTIFY_SOCKET and WATCHDOG_USEC set it reports to systemd."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            " 0:stopped by a signal",
            " 1:it could not start, or a part failed",
            " 2:the command line makes no sense",
            " 3:the configuration has problems; all of them are listed with file and line"
        })
final class ServeCommand implements Callable<Integer> {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            description = "Configuration; files in the directory FILE without .toml and with .d are read after it."
                    + " Default: /etc/gantry/gantry.toml, which may be missing.")
    Path config = GantryConfig.DEFAULT_FILE;

    @Spec
    CommandSpec spec;

    @SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
    ServeCommand() {}

    @Override
    public Integer call() {
        throw new ParameterException(spec.commandLine(), "'serve' must be the first argument");
    }
}
