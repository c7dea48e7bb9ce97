package io.gantry.platform.testing;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ExitStatus;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * Answers commands from a script and records them. The rule whose argv prefix is longest answers; of two alike, the later
 * one. A command without a rule fails as a program that is not installed does.
 */
public final class FakeProcessRunner implements ProcessRunner {
    /** What a scripted program does. */
    public record Reply(int exitCode, byte[] stdout, byte[] stderr, boolean hangs) {
        /** Ends at once with this output and code 0. */
        public static Reply ok(String stdout) {
            return new Reply(0, stdout.getBytes(StandardCharsets.UTF_8), new byte[0], false);
        }

        /** Ends at once with this code and text on standard error. */
        public static Reply failure(int exitCode, String stderr) {
            return new Reply(exitCode, new byte[0], stderr.getBytes(StandardCharsets.UTF_8), false);
        }

        /** Runs until it is killed. */
        public static Reply hang() {
            return new Reply(0, new byte[0], new byte[0], true);
        }
    }

    private record Rule(List<String> prefix, Function<Command, Reply> answer) {}

    private final List<Rule> rules = new ArrayList<>();
    private final List<Command> commands = new ArrayList<>();
    private final List<FakeProcess> processes = new ArrayList<>();
    private final AtomicInteger pids = new AtomicInteger(100_000);

    /** Commands whose argv starts with {@code prefix} get this reply. */
    public FakeProcessRunner on(Reply reply, String... prefix) {
        return on(command -> reply, prefix);
    }

    /** Commands whose argv starts with {@code prefix} are answered by a function, which may throw. */
    public synchronized FakeProcessRunner on(Function<Command, Reply> answer, String... prefix) {
        rules.addFirst(new Rule(List.of(prefix), answer));
        return this;
    }

    @Override
    public RunningProcess start(Command command) {
        Function<Command, Reply> answer;
        synchronized (this) {
            commands.add(command);
            Rule best = null;
            for (Rule rule : rules) {
                int length = rule.prefix.size();
                boolean matches = command.argv().size() >= length
                        && command.argv().subList(0, length).equals(rule.prefix);
                if (matches && (best == null || length > best.prefix.size())) {
                    best = rule;
                }
            }
            if (best == null) {
                throw GantryException.of(
                        ErrorKind.NOT_FOUND, "start " + command.argv().getFirst(), "no such program in PATH");
            }
            answer = best.answer;
        }
        FakeProcess process = new FakeProcess(pids.incrementAndGet(), answer.apply(command));
        synchronized (this) {
            processes.add(process);
        }
        return process;
    }

    /** All commands so far, in order. */
    public synchronized List<Command> commands() {
        return List.copyOf(commands);
    }

    /** The argv of all commands so far, each joined by spaces. */
    public List<String> commandLines() {
        return commands().stream()
                .map(command -> String.join(" ", command.argv()))
                .toList();
    }

    /** What was started so far, in order. */
    public synchronized List<FakeProcess> processes() {
        return List.copyOf(processes);
    }

    /** Text that a command was given as input, empty when it was given none. */
    public static String stdinText(Command command) {
        return command.stdin() instanceof Command.Stdio.Bytes bytes
                ? new String(bytes.content(), StandardCharsets.UTF_8)
                : "";
    }

    static ExitStatus killedBy(int signal) {
        return new ExitStatus(128 + signal, signal);
    }
}
