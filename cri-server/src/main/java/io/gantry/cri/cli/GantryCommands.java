package io.gantry.cri.cli;

import io.gantry.cri.version.GantryVersion;
import io.gantry.platform.error.GantryException;
import io.grpc.StatusRuntimeException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;

/** The whole command line of {@code gantry}. */
@Command(
        name = "gantry",
        description = {
            "Gantry is a container runtime for Kubernetes: the kubelet speaks CRI to it over a Unix socket.",
            ""
        },
        subcommands = {
            ServeCommand.class,
            CheckCommand.class,
            ConfigCommand.class,
            ImageCommand.class,
            PodsCommand.class,
            ExplainCommand.class,
            VersionCommand.class,
            CommandLine.HelpCommand.class
        },
        versionProvider = GantryCommands.VersionProvider.class,
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {
            " 0:it worked",
            " 1:it failed; standard error says why",
            " 2:the command line makes no sense",
            " 3:the configuration has problems"
        },
        footer = {"", "'gantry COMMAND --help' tells more about a command."})
public final class GantryCommands {
    private GantryCommands() {}

    /** Runs one command and returns its exit code. */
    public static int run(String... arguments) {
        return run(writer(System.out), writer(System.err), arguments);
    }

    private static PrintWriter writer(PrintStream stream) {
        return new PrintWriter(stream, true, StandardCharsets.UTF_8);
    }

    static int run(PrintWriter out, PrintWriter err, String... arguments) {
        return commandLine(out, err).execute(arguments);
    }

    static CommandLine commandLine(PrintWriter out, PrintWriter err) {
        CommandLine commandLine = new CommandLine(new GantryCommands());
        commandLine.setOut(out);
        commandLine.setErr(err);
        commandLine.setUsageHelpWidth(100);
        commandLine.setExecutionExceptionHandler((failure, command, parsed) -> {
            command.getErr().println("gantry: " + message(failure));
            return ExitCodes.FAILURE;
        });
        return commandLine;
    }

    private static String message(Exception failure) throws Exception {
        return switch (failure) {
            case GantryException e -> String.valueOf(e.getMessage());
            case StatusRuntimeException e ->
                e.getStatus().getDescription() == null
                        ? e.getStatus().getCode().toString()
                        : e.getStatus().getDescription();
            default -> throw failure;
        };
    }

    /** For {@code gantry --version}. */
    static final class VersionProvider implements IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"gantry " + GantryVersion.current()};
        }
    }
}
