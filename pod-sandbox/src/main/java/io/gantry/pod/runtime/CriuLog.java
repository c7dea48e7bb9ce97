package io.gantry.pod.runtime;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What criu(8) says about a failure: lines {@code (00.242043) Error (criu/files-reg.c:1790): text} of its log. */
public final class CriuLog {
    /** Name of the log of a dump, in the working directory (runc-checkpoint(8)). */
    public static final String DUMP = "dump.log";

    /** Name of the log of a restore, in the working directory (runc-restore(8)). */
    public static final String RESTORE = "restore.log";

    private static final Pattern ERROR = Pattern.compile("^\\([0-9.]+\\)\\s*(?:\\d+: )?Error \\([^)]*\\): (.*)$");

    /** It goes on after these. */
    private static final Pattern HARMLESS = Pattern.compile("Can't setup RLIMIT_NOFILE|Could not initialize kernel");

    private static final int MAX_BYTES = 4 << 20;
    private static final int MAX_ERRORS = 3;

    private CriuLog() {}

    /**
     * A failure in criu's words, or the runtime's where criu left none.
     *
     * @param said what the OCI runtime wrote
     */
    public static GantryException failure(String action, Path log, String said) {
        List<String> errors = errors(log);
        String runtime = RuntimeErrors.problem(said);
        if (errors.isEmpty()) {
            return RuntimeErrors.of(action, said);
        }
        String text = runtime + ": " + String.join("; ", errors);
        boolean full = text.contains("No space left on device");
        return GantryException.of(full ? ErrorKind.RESOURCE_EXHAUSTED : ErrorKind.FAILED_PRECONDITION, action, text)
                .withRemedy(full ? "free disk space" : "see criu(8) for what it can handle");
    }

    private static List<String> errors(Path log) {
        List<String> errors = new ArrayList<>();
        try {
            if (Files.size(log) > MAX_BYTES) {
                return errors;
            }
            for (String line :
                    Files.readString(log, StandardCharsets.ISO_8859_1).lines().toList()) {
                Matcher matcher = ERROR.matcher(line);
                if (matcher.find()
                        && errors.size() < MAX_ERRORS
                        && !HARMLESS.matcher(line).find()) {
                    errors.add(matcher.group(1).strip());
                }
            }
        } catch (IOException e) {
            return errors; // it had not come so far
        }
        return errors;
    }
}
