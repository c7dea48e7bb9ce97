package io.gantry.platform.process;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.ProgramSearch;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Starts programs with posix_spawn(3): no copy of this process is made, no thread per child is kept, and nothing but the
 * named descriptors reaches the child. Called on a thread of another namespace ({@code NamespaceThread}), the child lives
 * in that namespace.
 */
public final class SpawnProcessRunner implements ProcessRunner {
    private static final class Shared {
        static final SpawnProcessRunner INSTANCE = new SpawnProcessRunner(JnaSyscalls.instance(), FdWatcher.shared());
    }

    private final Syscalls syscalls;
    private final FdWatcher watcher;

    public SpawnProcessRunner(Syscalls syscalls, FdWatcher watcher) {
        this.syscalls = syscalls;
        this.watcher = watcher;
    }

    /** The runner of this process. */
    public static SpawnProcessRunner shared() {
        return Shared.INSTANCE;
    }

    @Override
    public RunningProcess start(Command command) {
        String name = command.argv().getFirst();
        String action = "start " + name;
        String program = name.contains("/") ? name : findProgram(name, action);
        try (ChildDescriptors descriptors = ChildDescriptors.open(syscalls, command)) {
            String[] argv = command.argv().toArray(String[]::new);
            String[] environment = command.environment().entrySet().stream()
                    .map(entry -> entry.getKey() + "=" + entry.getValue())
                    .toArray(String[]::new);
            String directory =
                    command.directory() == null ? "/" : command.directory().toString();
            int pid = syscalls.posixSpawn(program, argv, environment, directory, descriptors.inChild());
            return SpawnedProcess.adopt(
                    syscalls, watcher, pid, name, descriptors.takeStdout(), descriptors.takeStderr());
        } catch (ErrnoException e) {
            throw explain(e, command, action, program);
        }
    }

    private static String findProgram(String name, String action) {
        return ProgramSearch.find(ProgramSearch.ofDaemon(), name)
                .orElseThrow(() -> GantryException.of(ErrorKind.NOT_FOUND, action, "no such program in PATH")
                        .withRemedy("install it, or put the directory it is in into PATH"))
                .toString();
    }

    private static GantryException explain(ErrnoException e, Command command, String action, String program) {
        if (!e.call().equals("posix_spawn")) {
            return e.during(action);
        }
        Path directory = command.directory();
        if (directory != null && !Files.isDirectory(directory)) {
            return GantryException.of(ErrorKind.NOT_FOUND, action, "working directory " + directory + " is not there")
                    .causedBy(e);
        }
        Path path = directory == null ? Path.of("/").resolve(program) : directory.resolve(program);
        return switch (e.errno()) {
            case Errno.ENOENT ->
                Files.exists(path)
                        ? GantryException.of(
                                        ErrorKind.NOT_FOUND,
                                        action,
                                        "the interpreter or loader of " + path + " is not there")
                                .causedBy(e)
                        : GantryException.of(ErrorKind.NOT_FOUND, action, "no such program: " + path)
                                .causedBy(e);
            case Errno.EACCES, Errno.EPERM ->
                GantryException.of(ErrorKind.PERMISSION_DENIED, action, path + " may not be executed")
                        .withRemedy("check its mode, and that its file system is not mounted noexec")
                        .causedBy(e);
            default -> e.during(action);
        };
    }
}
