package io.gantry.cni.plugin;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessScan;
import io.gantry.platform.linux.Signals;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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

    private final String mark;
    private final List<Path> directories;

    /**
     * @param owner as the plugin runner of the earlier daemon had it
     * @param directories where plugins are
     */
    public OrphanedPlugins(Path owner, List<Path> directories) {
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
        try {
            return ProcessScan.forEach(this::isMarked, process -> {
                log.warn("plugin of an earlier run of the daemon is ended: pid={}", process.pid());
                boolean unused = process.signal(Signals.SIGKILL);
                await(process);
            });
        } catch (IOException e) {
            log.warn("cannot look for plugins of an earlier run: {}", e.toString());
            return 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw GantryException.of(ErrorKind.CANCELLED, "end plugins of an earlier run", "interrupted")
                    .causedBy(e);
        }
    }

    private boolean isMarked(int pid) {
        return isPlugin(pid) && ProcessScan.words(pid, "environ").contains(mark);
    }

    /** By its program, or, for a script, by what its interpreter was told to run. */
    private boolean isPlugin(int pid) {
        return Stream.concat(
                        ProcessScan.program(pid).stream(),
                        ProcessScan.words(pid, "cmdline").stream()
                                .limit(2)
                                .filter(word -> word.startsWith("/"))
                                .map(Path::of))
                .anyMatch(program -> directories.stream().anyMatch(directory -> directory.equals(program.getParent())));
    }

    private static void await(PidFd process) throws InterruptedException {
        try {
            var unused = process.exited().get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.error("plugin of an earlier run does not end on SIGKILL: pid={}", process.pid());
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
