package io.gantry.pod.container;

import io.gantry.platform.linux.DirectoryWatch;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.monitor.ExitFiles;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerStatus;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
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

    private static final Logger log = LoggerFactory.getLogger(ContainerExits.class);

    private final ContainerParts parts;
    private final Executor executor;
    private final OomDetector ooms;
    private final Consumer<Container> afterExit;
    private final Map<String, CompletableFuture<Container>> waiting = new ConcurrentHashMap<>();
    private final Map<String, PidFd> watched = new ConcurrentHashMap<>();
    private @Nullable DirectoryWatch watch;

    /** @param afterExit called on {@code executor} once for each container that ended */
    ContainerExits(ContainerParts parts, Executor executor, OomDetector ooms, Consumer<Container> afterExit) {
        this.parts = parts;
        this.executor = executor;
        this.ooms = ooms;
        this.afterExit = afterExit;
    }

    /** Begins to watch the exits directory, which must exist. */
    public void start() {
        watch = DirectoryWatch.watch(
                parts.exits().directory(),
                Set.of(DirectoryWatch.Event.MOVED_IN, DirectoryWatch.Event.WRITTEN),
                this::check,
                this::checkAll);
    }

    /** Looks after a container whose processes exist: its end will be noticed. */
    public void track(Container container) {
        ProcessIdentity monitor = container.status().monitor();
        Optional<PidFd> pidFd = monitor == null ? Optional.empty() : PidFd.open(monitor);
        if (pidFd.isEmpty()) {
            executor.execute(() -> monitorGone(container.id()));
            return;
        }
        follow(container.id(), pidFd.get(), () -> monitorGone(container.id()));
    }

    private void follow(String id, PidFd pidFd, Runnable whenGone) {
        PidFd before = watched.put(id, pidFd);
        if (before != null) {
            before.close();
        }
        var unused = pidFd.exited()
                .whenCompleteAsync(
                        (ended, problem) -> {
                            watched.remove(id, pidFd);
                            pidFd.close();
                            if (problem == null) {
                                whenGone.run();
                            }
                        },
                        executor);
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
        } else {
            track(container);
        }
    }

    private void checkAll() {
        log.warn("exit notifications overflowed: looking at every container");
        parts.state().containers().all().forEach(container -> check(container.id()));
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
        Optional<PidFd> initFd = init == null ? Optional.empty() : PidFd.open(init);
        if (initFd.isPresent()) {
            follow(id, initFd.get(), () -> lost(id));
        } else {
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
        CompletableFuture<Container> future = waiting.remove(container.id());
        if (future != null) {
            future.complete(ended);
        }
        executor.execute(() -> afterExit.accept(ended));
    }

    /** The container as it ended; null when it had ended before, or is gone. */
    private @Nullable Container end(Container container, Instant at, int code, String reason, String message) {
        AtomicReference<@Nullable Container> ended = new AtomicReference<>();
        parts.events().inOrder(container.id(), () -> {
            AtomicReference<@Nullable Container> before = new AtomicReference<>();
            Optional<Container> after = parts.state().containers().update(container.id(), current -> {
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

    private void publish(PodEvent.Kind kind, Container container, Instant at) {
        parts.events().publish(new PodEvent(kind, container.id(), container.sandboxId(), at));
    }

    @Override
    public void close() {
        if (watch != null) {
            watch.close();
        }
        watched.values().forEach(PidFd::close);
        watched.clear();
    }
}
