package io.gantry.pod.container;

import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.linux.DirectoryWatch;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.monitor.ExitFiles;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that containers end. conmon's exit file is the only source of an exit code; the pidfd of conmon says when to look
 * once more, and when the monitor died without leaving a code, the pidfd of the container's own first process says when the
 * container is over, which is then told as MonitorLost.
 */
public final class ContainerExits implements AutoCloseable {
    /** CRI reason of a container whose monitor died before it could note the exit code. */
    public static final String MONITOR_LOST = "MonitorLost";

    /** CRI reason of a container whose program could not be started. */
    static final String START_ERROR = "StartError";

    /** How long conmon may take to end after it has told of its container's end. */
    private static final Duration MONITOR_PATIENCE = Duration.ofSeconds(10);

    private static final Duration RETRY_FIRST = Duration.ofMillis(100);
    private static final Duration RETRY_LAST = Duration.ofSeconds(10);

    private static final Logger log = LoggerFactory.getLogger(ContainerExits.class);

    private final ContainerParts parts;
    private final Executor executor;
    private final OomDetector ooms;
    private final StopNotices notices;
    private final Consumer<Container> afterExit;
    private final Map<String, CompletableFuture<Container>> waiting = new ConcurrentHashMap<>();
    private final ProcessWatches monitors;
    private final ProcessWatches firstProcesses;
    private @Nullable DirectoryWatch watch;
    private volatile boolean closed;

    /**
     * @param starts held while a container is started
     * @param afterExit called on {@code executor} once for each container that ended
     */
    ContainerExits(
            ContainerParts parts,
            Executor executor,
            OomDetector ooms,
            KeyedLocks<String> starts,
            Consumer<Container> afterExit) {
        this.parts = parts;
        this.executor = executor;
        this.ooms = ooms;
        this.notices = new StopNotices(parts.plugins(), parts.state(), executor, starts);
        this.afterExit = afterExit;
        this.monitors = new ProcessWatches(executor);
        this.firstProcesses = new ProcessWatches(executor);
    }

    /** Begins to watch the exits directory, which must exist. */
    public void start() {
        watch = DirectoryWatch.watch(
                parts.exits().directory(),
                Set.of(DirectoryWatch.Event.MOVED_IN, DirectoryWatch.Event.WRITTEN),
                id -> noticed(id),
                this::checkAll);
    }

    /**
     * Looks after a container whose processes exist: its end will be noticed. Where descriptors have run out, conmon's exit
     * file alone tells.
     */
    public void track(Container container) {
        String id = container.id();
        watchFirstProcess(container);
        ProcessIdentity monitor = container.status().monitor();
        try {
            if (monitor == null || !monitors.watch(id, monitor, () -> persist(id, this::monitorGone))) {
                submit(() -> persist(id, this::monitorGone));
            }
        } catch (ErrnoException e) {
            log.warn("conmon is not watched: container={} error=\"{}\"", id, e.getMessage());
            submit(() -> persist(id, this::check));
        }
    }

    /**
     * Where a container has no PID namespace of its own, its other processes outlive the first one, and conmon waits for
     * those that hold its pipes. They belong to a container that is over.
     */
    private void watchFirstProcess(Container container) {
        ProcessIdentity init = container.status().init();
        if (init == null || container.config().security().namespaces().pid() == NamespaceMode.CONTAINER) {
            return;
        }
        Runnable killRest = () -> parts.cgroups().killAll(container.cgroup());
        try {
            if (!firstProcesses.watch(container.id(), init, killRest)) {
                submit(killRest);
            }
        } catch (ErrnoException e) {
            log.warn("first process is not watched: container={} error=\"{}\"", container.id(), e.getMessage());
        }
    }

    /** What tells ends by the OOM killer from others. */
    OomDetector ooms() {
        return ooms;
    }

    /** The container is removed: nothing of it is watched any more, and a conmon that does not end is ended. */
    void forget(Container container) {
        ooms.forget(container.id());
        firstProcesses.forget(container.id());
        monitors.forget(container.id());
        ProcessIdentity monitor = container.status().monitor();
        if (monitor != null && monitor.exists()) {
            submit(() -> endMonitor(container.id(), monitor));
        }
    }

    private static void endMonitor(String id, ProcessIdentity monitor) {
        try (PidFd process = PidFd.open(monitor).orElse(null)) {
            if (process == null) {
                return;
            }
            var unused = process.exited().get(MONITOR_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            log.warn("conmon outlives its container and is killed: container={} pid={}", id, monitor.pid());
            killMonitor(monitor);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** SIGKILL to a conmon that does not do its work any more: its container is then told as MonitorLost. */
    static void killMonitor(ProcessIdentity monitor) {
        try (PidFd process = PidFd.open(monitor).orElse(null)) {
            if (process != null) {
                boolean unused = process.signal(Signals.SIGKILL);
            }
        }
    }

    /** What goes wrong here (a full disk, a lack of descriptors) must not lose an end: it is tried until it is noted. */
    private void persist(String id, Consumer<String> look) {
        for (Duration pause = RETRY_FIRST; !closed; pause = longer(pause)) {
            try {
                look.accept(id);
                return;
            } catch (RuntimeException e) {
                log.error("end of a container cannot be noted, trying again: container={}", id, e);
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
        }
    }

    private static Duration longer(Duration pause) {
        Duration twice = pause.multipliedBy(2);
        return twice.compareTo(RETRY_LAST) > 0 ? RETRY_LAST : twice;
    }

    /** On the executor; once it is shut down, the next start of the daemon does what is left. */
    private void submit(Runnable task) {
        try {
            executor.execute(task);
        } catch (RejectedExecutionException e) {
            log.debug("left to the next start: {}", e.getMessage());
        }
    }

    /** Completes with the container once it is EXITED; at once when it is already, or gone. */
    CompletableFuture<Container> exited(Container container) {
        CompletableFuture<Container> future = waiting.computeIfAbsent(container.id(), id -> new CompletableFuture<>());
        Container now = parts.state().containers().find(container.id()).orElse(container);
        if (now.status().isExited()
                || parts.state().containers().find(container.id()).isEmpty()) {
            future.complete(now);
            waiting.remove(container.id(), future);
        }
        return future;
    }

    /** After a restart: takes an exit that happened meanwhile, else looks after the container as before. */
    public void recover(Container container, Optional<ExitFiles.Exit> exit) {
        if (exit.isPresent()) {
            ended(container, exit.get().at(), exit.get().code());
        } else if (!container.status().awaitsRestore()) {
            track(container);
        }
    }

    private void checkAll() {
        log.warn("exit notifications overflowed: looking at every container");
        parts.state().containers().all().forEach(container -> noticed(container.id()));
    }

    /** On the one thread of the watch, which another container's trouble must not hold up. */
    private void noticed(String id) {
        try {
            boolean unused = check(id);
        } catch (RuntimeException e) {
            log.error("end of a container cannot be noted, trying again: container={}", id, e);
            submit(() -> persist(id, this::check));
        }
    }

    /** Takes the exit file of that container, if there is one and the container is not over already. */
    boolean check(String id) {
        Optional<Container> container = parts.state().containers().find(id);
        if (container.isEmpty() || !container.get().status().mayHaveProcess()) {
            return false;
        }
        Optional<ExitFiles.Exit> exit = parts.exits().read(id);
        exit.ifPresent(found -> ended(container.get(), found.at(), found.code()));
        return exit.isPresent();
    }

    private void monitorGone(String id) {
        if (check(id)) {
            return;
        }
        Optional<Container> container = parts.state()
                .containers()
                .find(id)
                .filter(found -> found.status().mayHaveProcess());
        if (container.isEmpty()) {
            return;
        }
        log.error("conmon died and left no exit code: container={}", id);
        ProcessIdentity init = container.get().status().init();
        if (init == null || !monitors.watch(id, init, () -> persist(id, this::lost))) {
            lost(id);
        }
    }

    private void lost(String id) {
        if (check(id)) {
            return;
        }
        parts.state()
                .containers()
                .find(id)
                .filter(found -> found.status().mayHaveProcess())
                .ifPresent(container -> settle(
                        container,
                        parts.clock().instant(),
                        255,
                        MONITOR_LOST,
                        "conmon of this container died; its exit code and its last log lines are lost"));
    }

    private void ended(Container container, Instant at, int code) {
        String reason = ooms.wasOomKilled(container, code) ? "OOMKilled" : code == 0 ? "Completed" : "Error";
        settle(container, at, code, reason, "");
    }

    /**
     * Makes the container EXITED, on disk first, unless it is that already; then tells whoever waits, and begins the
     * clean-up.
     */
    void settle(Container container, Instant at, int code, String reason, String message) {
        Container ended = end(container, at, code, reason, message);
        if (ended == null) {
            return;
        }
        log.info("container ended: container={} exitCode={} reason={}", container.id(), code, reason);
        notices.begin(ended);
        CompletableFuture<Container> future = waiting.remove(container.id());
        if (future != null) {
            future.complete(ended);
        }
        firstProcesses.forget(container.id());
        submit(() -> afterExit.accept(ended));
    }

    /** The container as it ended; null when it had ended before, or is gone. */
    private @Nullable Container end(Container container, Instant at, int code, String reason, String message) {
        AtomicReference<@Nullable Container> ended = new AtomicReference<>();
        parts.events().inOrder(container.id(), () -> {
            AtomicReference<@Nullable Container> before = new AtomicReference<>();
            Optional<Container> after = parts.state().containers().updateEvenUnsaved(container.id(), current -> {
                ContainerStatus status = current.status();
                before.set(status.mayHaveProcess() ? current : null);
                return status.mayHaveProcess() ? current.withStatus(status.exited(at, code, reason, message)) : current;
            });
            Container last = before.get();
            if (last == null) {
                return;
            }
            ended.set(after.orElse(null));
            Instant startedAt = last.status().startedAt();
            if (last.status().isStartUnsettled() && startedAt != null && !reason.equals(START_ERROR)) {
                publish(PodEvent.Kind.STARTED, last, startedAt); // it was over before its start returned
            }
            publish(PodEvent.Kind.STOPPED, last, at);
        });
        return ended.get();
    }

    /** Returns once plugins know of the container's end; at once when they do, or need not. */
    void awaitNotice(String id) throws InterruptedException {
        notices.await(id);
    }

    private void publish(PodEvent.Kind kind, Container container, Instant at) {
        parts.events().publish(new PodEvent(kind, container.id(), container.sandboxId(), at));
    }

    @Override
    public void close() {
        closed = true;
        if (watch != null) {
            watch.close();
        }
        monitors.close();
        firstProcesses.close();
    }
}
