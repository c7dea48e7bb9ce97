package io.gantry.cri.nri;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import java.io.IOException;
import java.io.InputStream;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Starts the plugins that are installed on this node, each with one end of a connection as descriptor 3. One that fails
 * to join, or ends, is not restarted until the daemon restarts.
 */
final class PluginLauncher implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PluginLauncher.class);

    private static final Duration TERM_PATIENCE = Duration.ofSeconds(2);

    /** How a WebAssembly module begins. */
    private static final byte[] WASM = {0, 'a', 's', 'm', 1, 0, 0, 0};

    /** Brings the connection of a plugin to where it takes part. */
    interface Joiner {
        boolean join(ByteChannel channel, PluginName name, String config) throws InterruptedException;
    }

    private final NriOptions options;
    private final Syscalls syscalls;
    private final ProcessRunner processes;
    private final List<RunningProcess> running = new CopyOnWriteArrayList<>();
    private final List<Thread> starts = new CopyOnWriteArrayList<>();
    private volatile boolean closed;

    PluginLauncher(NriOptions options, Syscalls syscalls, ProcessRunner processes) {
        this.options = options;
        this.syscalls = syscalls;
        this.processes = processes;
    }

    /**
     * Returns once each of them takes part, or does not. Never fails for what a plugin does; when interrupted, those that do
     * not take part yet are given up.
     */
    void startAll(Joiner joiner) throws InterruptedException {
        programs()
                .forEach((name, program) -> starts.add(
                        Thread.ofVirtual().name("nri-launch-" + name).start(() -> start(name, program, joiner))));
        try {
            for (Thread start : starts) {
                start.join();
            }
        } catch (InterruptedException e) {
            starts.forEach(Thread::interrupt);
            throw e;
        }
    }

    private Map<PluginName, Path> programs() {
        Map<PluginName, Path> programs = new TreeMap<>(PluginName.ORDER);
        try (Stream<Path> files = Files.list(options.pluginDir())) {
            for (Path file : files.toList()) {
                Optional<PluginName> name = PluginName.parse(file.getFileName().toString());
                if (Files.isDirectory(file) || !Files.isExecutable(file)) {
                    log.debug("no NRI plugin, it is not a program: file={}", file);
                } else if (name.isEmpty()) {
                    log.warn("no NRI plugin, its name does not begin with two digits and a dash: file={}", file);
                } else if (isWebAssembly(file)) {
                    log.warn("NRI plugin is left out, it is WebAssembly and not a program: file={}", file);
                } else {
                    programs.put(name.get(), file);
                }
            }
        } catch (NoSuchFileException e) {
            log.debug("no NRI plugins are installed: directory={}", options.pluginDir());
        } catch (IOException e) {
            log.warn("cannot look for NRI plugins: directory={} error=\"{}\"", options.pluginDir(), e.toString());
        }
        return programs;
    }

    private static boolean isWebAssembly(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return Arrays.equals(in.readNBytes(WASM.length), WASM);
        }
    }

    private void start(PluginName name, Path program, Joiner joiner) {
        try {
            String config = configuration(name);
            RunningProcess[] process = new RunningProcess[1];
            SocketChannel channel =
                    connect(name, theirs -> process[0] = processes.start(command(name, program, theirs)));
            RunningProcess started = process[0];
            running.add(started);
            var unused = started.exited().whenComplete((status, problem) -> {
                log.info("NRI plugin has ended: plugin={} status={}", name, status);
                running.remove(started);
                started.close();
            });
            log.info("NRI plugin started: plugin={} pid={}", name, started.pid());
            boolean joined = false;
            try {
                joined = !closed && joiner.join(channel, name, config);
            } finally {
                if (!joined) {
                    channel.close();
                    end(started);
                }
            }
        } catch (IOException | GantryException e) {
            log.warn("NRI plugin cannot be started: plugin={} error=\"{}\"", name, e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String configuration(PluginName name) throws IOException {
        for (String file : List.of(name + ".conf", name.base() + ".conf")) {
            try {
                return Files.readString(options.configDir().resolve(file));
            } catch (NoSuchFileException e) {
                // The next one, or none.
            }
        }
        return "";
    }

    private static Command command(PluginName name, Path program, int socket) {
        return Command.of(program.toString())
                .withEnvironment(Map.of(
                        "PATH",
                        System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin:/sbin:/bin"),
                        "NRI_PLUGIN_NAME",
                        name.base(),
                        "NRI_PLUGIN_IDX",
                        name.index(),
                        "NRI_PLUGIN_SOCKET",
                        "3"))
                .withStdout(new Command.Stdio.Descriptor(2))
                .withStderr(new Command.Stdio.Descriptor(2))
                .withExtraFds(Map.of(3, socket));
    }

    private interface Starter {
        void start(int theirs);
    }

    /**
     * A pair of connected sockets, made by way of a socket file, since only so is one end a channel and the other one a
     * descriptor that a child can inherit.
     */
    private SocketChannel connect(PluginName name, Starter starter) throws IOException {
        Files.createDirectories(options.stateDir());
        Path file = options.stateDir().resolve("nri-" + name.index() + "-" + Integer.toHexString(name.hashCode()));
        Files.deleteIfExists(file);
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(file));
            Fd theirs = new Fd(
                    syscalls,
                    syscalls.socket(
                            LinuxConstants.AF_UNIX, LinuxConstants.SOCK_STREAM | LinuxConstants.SOCK_CLOEXEC, 0));
            try (theirs) {
                syscalls.connectUnix(theirs.number(), file.toString());
                SocketChannel ours = server.accept();
                try {
                    starter.start(theirs.number());
                    return ours;
                } catch (RuntimeException e) {
                    ours.close();
                    throw e;
                }
            }
        } finally {
            Files.deleteIfExists(file);
        }
    }

    private static void end(RunningProcess process) {
        process.signal(Signals.SIGTERM);
        try {
            var unused = process.exited().get(TERM_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            process.killGroup();
        } catch (InterruptedException e) {
            process.killGroup();
            Thread.currentThread().interrupt();
        } catch (java.util.concurrent.ExecutionException e) {
            log.debug("NRI plugin's end is not known: error=\"{}\"", e.toString());
        }
    }

    /** Gives up those that are being started, and ends those that run. */
    @Override
    public void close() {
        closed = true;
        starts.forEach(Thread::interrupt);
        awaitAll(starts);
        awaitAll(running.stream()
                .map(process -> Thread.ofVirtual().start(() -> end(process)))
                .toList());
    }

    private static void awaitAll(List<Thread> threads) {
        Deadline deadline = Deadline.after(TERM_PATIENCE.multipliedBy(2));
        for (Thread thread : threads) {
            try {
                boolean unused = thread.join(deadline.remaining());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }
}
