package io.gantry.cri.daemon;

import io.gantry.cri.cli.ExitCodes;
import io.gantry.cri.cli.GantryCommands;
import io.gantry.cri.daemon.ServeOptions.UsageException;
import io.gantry.cri.logging.LogSetup;
import java.util.List;

/** The entry of the program: {@code gantry serve} is the daemon, everything else a short command. */
public final class GantryMain {
    private GantryMain() {}

    public static void main(String[] arguments) {
        System.exit(run(List.of(arguments)));
    }

    private static int run(List<String> arguments) {
        boolean serve = !arguments.isEmpty() && arguments.getFirst().equals("serve");
        boolean help = arguments.contains("--help")
                || arguments.contains("-h")
                || arguments.contains("-V")
                || arguments.contains("--version");
        if (!serve || help) {
            LogSetup.quiet();
            return GantryCommands.run(arguments.toArray(String[]::new));
        }
        try {
            return GantryDaemon.serve(ServeOptions.parse(arguments.subList(1, arguments.size())), System.getenv());
        } catch (UsageException e) {
            System.err.println("gantry serve: " + e.getMessage() + "; 'gantry serve --help' tells what there is");
            return ExitCodes.USAGE;
        }
    }
}
