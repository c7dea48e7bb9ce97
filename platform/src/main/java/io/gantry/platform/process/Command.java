package io.gantry.platform.process;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A program to start: nothing is inherited that is not named here. The child gets its own session and process group, an
 * empty signal mask, default signal handlers, and no descriptor but those listed.
 *
 * @param argv program (a path, or a name looked up in {@code PATH} of the daemon) and its arguments
 * @param environment the child's whole environment
 * @param directory working directory, or null for {@code /}
 * @param stdin where descriptor 0 comes from
 * @param stdout where descriptor 1 goes
 * @param stderr where descriptor 2 goes
 * @param extraFds descriptors 3 and up: child number to descriptor of this process; numbers without a gap from 3
 */
public record Command(
        List<String> argv,
        Map<String, String> environment,
        @Nullable Path directory,
        Stdio stdin,
        Stdio stdout,
        Stdio stderr,
        Map<Integer, Integer> extraFds) {

    /** What a standard descriptor of the child is joined to. */
    public sealed interface Stdio {
        /** {@code /dev/null}. */
        record Null() implements Stdio {}

        /** The given bytes, then end of file; only for descriptor 0. */
        record Bytes(byte[] content) implements Stdio {}

        /**
         * Kept in memory up to {@code maxBytes}; what is beyond that is read and dropped, so that the child never blocks;
         * only for descriptors 1 and 2.
         */
        record Capture(int maxBytes) implements Stdio {}

        /** A descriptor of this process, which stays the caller's to close. */
        record Descriptor(int fd) implements Stdio {}
    }

    public Command {
        argv = List.copyOf(argv);
        environment = Map.copyOf(environment);
        extraFds = Map.copyOf(extraFds);
        if (argv.isEmpty()) {
            throw new IllegalArgumentException("argv is empty");
        }
    }

    /** A command with no input, both outputs captured up to 1 MiB, and only {@code PATH} in its environment. */
    public static Command of(List<String> argv) {
        return new Command(
                argv,
                Map.of(
                        "PATH",
                        System.getenv()
                                .getOrDefault("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin")),
                null,
                new Stdio.Null(),
                new Stdio.Capture(1 << 20),
                new Stdio.Capture(1 << 20),
                Map.of());
    }

    public static Command of(String... argv) {
        return of(List.of(argv));
    }

    public Command withEnvironment(Map<String, String> newEnvironment) {
        return new Command(argv, newEnvironment, directory, stdin, stdout, stderr, extraFds);
    }

    public Command withDirectory(Path newDirectory) {
        return new Command(argv, environment, newDirectory, stdin, stdout, stderr, extraFds);
    }

    public Command withStdin(Stdio newStdin) {
        return new Command(argv, environment, directory, newStdin, stdout, stderr, extraFds);
    }

    public Command withStdout(Stdio newStdout) {
        return new Command(argv, environment, directory, stdin, newStdout, stderr, extraFds);
    }

    public Command withStderr(Stdio newStderr) {
        return new Command(argv, environment, directory, stdin, stdout, newStderr, extraFds);
    }

    public Command withExtraFds(Map<Integer, Integer> newExtraFds) {
        return new Command(argv, environment, directory, stdin, stdout, stderr, newExtraFds);
    }
}
