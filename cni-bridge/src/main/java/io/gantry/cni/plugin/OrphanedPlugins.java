package io.gantry.cni.plugin;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.Signals;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Plugins that an earlier daemon was running when it was killed. What they do would meet the DEL that undoes it, so they are
 * ended before any plugin is run. They are known by a mark in their environment and by their program, which lies in one of
 * the plugin directories: a daemon that a plugin has left behind on purpose is another program.
 */
public final class OrphanedPlugins {
    /** Variable in a plugin's environment; its value names whose it is. */
    static final String MARK = "GANTRY_CNI_OWNER";

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Logger log = LoggerFactory.getLogger(OrphanedPlugins.class);

    private final Path proc;
    private final String mark;
    private final List<Path> directories;

    /**
     * @param owner as the plugin runner of the earlier daemon had it
     * @param directories where plugins are
     */
    public OrphanedPlugins(Path owner, List<Path> directories) {
        this(Path.of("/proc"), owner, directories);
    }

    OrphanedPlugins(Path proc, Path owner, List<Path> directories) {
        this.proc = proc;
        this.mark = MARK + "=" + owner;
        this.directories = directories.stream()
                .flatMap(directory -> Stream.of(directory.normalize(), resolved(directory)))
                .distinct()
                .toList();
    }

    private static Path resolved(Path directory) {
        try {
            return directory.toRealPath();
        } catch (IOException e) {
            return directory.normalize();
        }
    }

    /**
     * SIGKILL to each of them, and waits until they have ended. No plugin may run for this owner meanwhile. One that does not
     * end is logged.
     *
     * @return how many there were
     */
    public int end() {
        List<PidFd> found = new ArrayList<>();
        try {
            for (int pid : marked()) {
                PidFd.open(pid).ifPresent(process -> {
                    found.add(process);
                    // Looked at once more: from here on the number cannot be another's.
                    if (isMarked(proc.resolve(String.valueOf(pid)))) {
                        log.warn("plugin of an earlier run of the daemon is ended: pid={}", pid);
                        boolean unused = process.signal(Signals.SIGKILL);
                        await(process);
                    }
                });
            }
            return found.size();
        } finally {
            found.forEach(PidFd::close);
        }
    }

    private List<Integer> marked() {
        List<Integer> pids = new ArrayList<>();
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(proc, "[0-9]*")) {
            for (Path process : processes) {
                if (isMarked(process)) {
                    pids.add(Integer.valueOf(String.valueOf(process.getFileName())));
                }
            }
        } catch (IOException | DirectoryIteratorException e) {
            log.warn("cannot look for plugins of an earlier run: {}", e.toString());
        }
        return pids;
    }

    private boolean isMarked(Path process) {
        return isPlugin(process) && strings(process, "environ").contains(mark);
    }

    /** By its program, or, for a script, by what its interpreter was told to run. */
    private boolean isPlugin(Path process) {
        return Stream.concat(
                        program(process).stream(),
                        strings(process, "cmdline").stream()
                                .limit(2)
                                .filter(word -> word.startsWith("/"))
                                .map(Path::of))
                .anyMatch(program -> directories.stream().anyMatch(directory -> directory.equals(program.getParent())));
    }

    private static Optional<Path> program(Path process) {
        try {
            return Optional.of(Files.readSymbolicLink(process.resolve("exe")));
        } catch (IOException e) {
            return Optional.empty(); // it has ended, or is the kernel's
        }
    }

    /** Texts that end with a zero byte, see proc_pid_environ(5). */
    private static List<String> strings(Path process, String file) {
        try {
            byte[] all = Files.readAllBytes(process.resolve(file));
            return Arrays.asList(new String(all, StandardCharsets.ISO_8859_1).split("\0", -1));
        } catch (IOException e) {
            return List.of();
        }
    }

    private static void await(PidFd process) {
        try {
            var unused = process.exited().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.error("plugin of an earlier run does not end on SIGKILL: pid={}", process.pid());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw GantryException.of(ErrorKind.CANCELLED, "end plugins of an earlier run", "interrupted")
                    .causedBy(e);
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
