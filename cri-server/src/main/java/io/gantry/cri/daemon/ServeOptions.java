package io.gantry.cri.daemon;

import io.gantry.cri.config.GantryConfig;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;

/**
 * The command line of {@code gantry serve}. Read by hand: the library that reads the others costs the daemon some 50 ms of
 * its start.
 */
record ServeOptions(Path config) {
    /** A command line that makes no sense; the message says why. */
    static final class UsageException extends Exception {
        private static final long serialVersionUID = 1L;

        UsageException(String message) {
            super(message);
        }
    }

    /** @param arguments what follows {@code serve} */
    static ServeOptions parse(List<String> arguments) throws UsageException {
        Path config = GantryConfig.DEFAULT_FILE;
        for (Iterator<String> rest = arguments.iterator(); rest.hasNext(); ) {
            String argument = rest.next();
            if (argument.equals("--config") || argument.equals("-c")) {
                if (!rest.hasNext()) {
                    throw new UsageException("option " + argument + " needs a file");
                }
                config = path(rest.next());
            } else if (argument.startsWith("--config=")) {
                config = path(argument.substring("--config=".length()));
            } else {
                throw new UsageException("unknown option \"" + argument + "\"");
            }
        }
        return new ServeOptions(config);
    }

    private static Path path(String text) throws UsageException {
        try {
            if (!text.isEmpty()) {
                return Path.of(text);
            }
        } catch (InvalidPathException _) {
            // Said below.
        }
        throw new UsageException("\"" + text + "\" is not the name of a file");
    }
}
