package io.gantry.pod.runtime;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.storage.Json;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * From what an OCI runtime writes when it fails (to its log in JSON, or to standard error as logfmt or plain text) to an
 * error with a kind and one clear sentence.
 */
public final class RuntimeErrors {
    private static final Pattern LOGFMT_ERROR =
            Pattern.compile("level=(?:error|fatal) msg=\"((?:[^\"\\\\]++|\\\\.)*+)\"");

    /** Words before the cause that say only which of its own steps the runtime was at. */
    private static final Pattern STEPS = Pattern.compile(
            "^(?:runc (?:create|start|run|exec) failed: |OCI runtime \\w+ failed: |exec failed: |unable to start container"
                    + " process: |error during container init: |container_linux\\.go:\\d+: |starting container process caused: )+");

    private static final int MAX_TEXT = 2048;

    private record Rule(
            Pattern pattern, ErrorKind kind, @Nullable String remedy) {}

    private static final List<Rule> RULES = List.of(
            rule(
                    "executable file .*not found|exec: .*no such file or directory|stat .*no such file or directory.*exec",
                    ErrorKind.INVALID_ARGUMENT,
                    "check the command and whether the image has it"),
            rule(
                    "exec: .*permission denied|exec format error|exec: .*is a directory",
                    ErrorKind.INVALID_ARGUMENT,
                    "check that the command is a program for this machine with its execute permission set"),
            rule(
                    "chdir to cwd .*(?:not a directory|permission denied)",
                    ErrorKind.INVALID_ARGUMENT,
                    "check the working directory"),
            rule(
                    "does(?: not|n't) exist|no such container|status`: No such file or directory",
                    ErrorKind.NOT_FOUND,
                    null),
            rule(
                    "not running|No such process|exec\\.fifo|already finished|in a stopped container|stopped state|is stopped"
                            + "|cannot start a container that|cannot start an already running",
                    ErrorKind.FAILED_PRECONDITION,
                    null),
            rule("already exists", ErrorKind.ALREADY_EXISTS, null),
            rule("OOM-killed|oom-killed|memory limit too low", ErrorKind.RESOURCE_EXHAUSTED, "raise the memory limit"),
            rule(
                    "unable to set memory limit to|memory\\.(?:limit_in_bytes|max).*device or resource busy",
                    ErrorKind.FAILED_PRECONDITION,
                    "the container uses more than the new limit"),
            rule(
                    "cpuset\\.(?:cpus|mems).*(?:invalid argument|permission denied|out of range|device or resource busy)",
                    ErrorKind.FAILED_PRECONDITION,
                    "name CPUs and memory nodes that this node has and that the pod's cgroup may use"),
            rule(
                    "no space left on device|cannot allocate memory|too many open files|resource temporarily unavailable",
                    ErrorKind.RESOURCE_EXHAUSTED,
                    null));

    private RuntimeErrors() {}

    /**
     * The error of a runtime that failed.
     *
     * @param action what was being done, with its subject: {@code "start container web (3f2a)"}
     * @param text what the runtime wrote
     */
    public static GantryException of(String action, String text) {
        String problem = problem(text);
        for (Rule rule : RULES) {
            if (rule.pattern().matcher(problem).find()) {
                GantryException error = GantryException.of(rule.kind(), action, problem);
                return rule.remedy() == null ? error : error.withRemedy(rule.remedy());
            }
        }
        return GantryException.of(ErrorKind.INTERNAL, action, problem);
    }

    /** The error of a runtime command that ended with {@code result}. */
    static GantryException of(String action, ProcessResult result) {
        if (result.timedOut()) {
            return GantryException.of(
                    ErrorKind.DEADLINE_EXCEEDED, action, "the OCI runtime did not finish in time and was killed");
        }
        return of(action, message(result));
    }

    /** What a command wrote to say why it failed, or how it ended when it wrote nothing. */
    public static String message(ProcessResult result) {
        String text = result.stderrText().strip();
        return text.isEmpty() ? result.status().toString() : text;
    }

    /** The last error in a JSON log of a runtime, empty when there is none. */
    static Optional<String> lastError(String log) {
        String last = null;
        for (String line : log.lines().toList()) {
            if (!line.startsWith("{")) {
                continue;
            }
            try {
                JsonNode entry = Json.mapper().readTree(line);
                String level = entry.path("level").asString("");
                if (level.equals("error") || level.equals("fatal")) {
                    last = entry.path("msg").asString("");
                }
            } catch (JacksonException e) {
                // A line that was cut off.
            }
        }
        return Optional.ofNullable(last);
    }

    /** One line without time stamps and names of steps. */
    static String problem(String text) {
        String problem = lastError(text).orElseGet(() -> ofLogfmt(text).orElseGet(() -> lastLine(text)));
        problem = STEPS.matcher(problem.strip()).replaceFirst("");
        return problem.length() > MAX_TEXT ? cut(problem) : problem;
    }

    /** Begins with what was tried and ends with the cause. */
    private static String cut(String problem) {
        return problem.substring(0, MAX_TEXT / 4) + " [cut] " + problem.substring(problem.length() - MAX_TEXT / 4 * 3);
    }

    private static Optional<String> ofLogfmt(String text) {
        String last = null;
        Matcher matcher = LOGFMT_ERROR.matcher(text);
        while (matcher.find()) {
            last = matcher.group(1).replace("\\\"", "\"").replace("\\n", " ").replace("\\\\", "\\");
        }
        return Optional.ofNullable(last);
    }

    private static String lastLine(String text) {
        return text.lines()
                .map(String::strip)
                .filter(line -> !line.isEmpty())
                .reduce((first, second) -> second)
                .orElse("the OCI runtime failed without a word");
    }

    private static Rule rule(String pattern, ErrorKind kind, @Nullable String remedy) {
        return new Rule(Pattern.compile(pattern), kind, remedy);
    }
}
