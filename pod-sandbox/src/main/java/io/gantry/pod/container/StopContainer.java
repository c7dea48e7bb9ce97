package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.state.Container;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops containers: the stop signal once, then SIGKILL at a deadline that further calls can only move earlier. No lock is
 * held while anybody waits. When every caller has given up before the deadline, no SIGKILL is sent.
 */
final class StopContainer {
    private static final Logger log = LoggerFactory.getLogger(StopContainer.class);
    /** How long a killed container may take to vanish before the caller is told that it does not. */
    private static final Duration KILL_PATIENCE = Duration.ofMinutes(2);

    /** How long conmon may take to tell of the end of a first process that is gone before it counts as hung. */
    private static final Duration MONITOR_PATIENCE = Duration.ofSeconds(10);

    /** Exit code of a container that never ran, as one gets that is killed before its start. */
    private static final int KILLED = 128 + Signals.SIGKILL;

    /** What no grace period comes near; a deadline further away would overflow. */
    private static final Duration LONGEST = Duration.ofDays(3650);

    /** A stop under way: its deadline, and how many callers wait for it. */
    private static final class Stop {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private Deadline deadline;
        private boolean signalled;
        /** Changed only within the map's compute. */
        private int callers;

        Stop(Deadline deadline) {
            this.deadline = deadline;
        }

        void moveEarlier(Deadline other) {
            lock.lock();
            try {
                deadline = deadline.earlier(other);
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        /** True for the one caller who has to send the stop signal. */
        boolean claimSignal() {
            lock.lock();
            try {
                boolean mine = !signalled;
                signalled = true;
                return mine;
            } finally {
                lock.unlock();
            }
        }

        Deadline deadline() {
            lock.lock();
            try {
                return deadline;
            } finally {
                lock.unlock();
            }
        }

        void wake() {
            lock.lock();
            try {
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }

        /** Waits until the container is over, or the deadline as it then stands has passed. */
        void await(CompletableFuture<Container> exited) throws InterruptedException {
            lock.lock();
            try {
                while (!exited.isDone() && !deadline.isExpired()) {
                    if (deadline.isNone()) {
                        changed.await();
                    } else {
                        long unused = changed.awaitNanos(deadline.remaining().toNanos());
                    }
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private final ContainerParts parts;
    private final ContainerExits exits;
    private final Map<String, Stop> stops = new ConcurrentHashMap<>();

    StopContainer(ContainerParts parts, ContainerExits exits) {
        this.parts = parts;
        this.exits = exits;
    }

    /**
     * Returns once the container is over; at once when it is already.
     *
     * @param timeout from the stop signal to SIGKILL; zero kills at once
     */
    void execute(Container container, Duration timeout, Activity activity) throws InterruptedException {
        if (!container.status().mayHaveProcess()) {
            return;
        }
        if (container.status().awaitsRestore()) {
            // A restore that was under way has been cut short; one of an earlier daemon may go on.
            if (container.status().isStartUnsettled()) {
                parts.conmon().abort(container.id(), parts.runtimes().of(container.handler()));
                parts.cgroups().killAll(container.cgroup());
            }
            exits.settle(container, parts.clock().instant(), KILLED, "Error", "stopped before it was restored");
            return;
        }
        CompletableFuture<Container> exited = exits.exited(container);
        if (!container.status().isRunning() && !container.status().isStartUnsettled()) {
            kill(container); // a container that never ran has nothing to wind up
            awaitEnd(container, exited, activity);
            return;
        }
        Stop stop = join(container.id(), Deadline.after(timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout));
        activity.step(
                "grace",
                "the program to end by itself after " + container.stopSignal() + ", else SIGKILL follows",
                stop::deadline);
        try {
            var unused = exited.whenComplete((ended, problem) -> stop.wake());
            if (!stop.deadline().isExpired() && stop.claimSignal()) {
                signal(container, Signals.parse(container.stopSignal()).orElse(Signals.SIGTERM));
            }
            stop.await(exited);
        } finally {
            leave(container.id(), stop);
        }
        if (!exited.isDone()) {
            kill(container);
            awaitEnd(container, exited, activity);
        }
    }

    private Stop join(String id, Deadline deadline) {
        return stops.compute(id, (key, current) -> {
            Stop stop = current == null ? new Stop(deadline) : current;
            stop.moveEarlier(deadline);
            stop.callers++;
            return stop;
        });
    }

    /** With the last caller goes the deadline: the next stop begins anew. */
    private void leave(String id, Stop stop) {
        var unused = stops.computeIfPresent(id, (key, current) -> {
            if (current == stop) {
                stop.callers--;
            }
            return current.callers == 0 ? null : current;
        });
    }

    private void awaitEnd(Container container, CompletableFuture<Container> exited, Activity activity)
            throws InterruptedException {
        activity.step("kill", "its processes to end after SIGKILL", Deadline.after(KILL_PATIENCE));
        if (endsWithin(exited, MONITOR_PATIENCE)) {
            return;
        }
        ProcessIdentity monitor = container.status().monitor();
        if (monitor != null && !firstProcessIsAlive(container)) {
            log.error("conmon does not tell that its container ended and is killed: container={}", container.id());
            ContainerExits.killMonitor(monitor);
        }
        if (!endsWithin(exited, KILL_PATIENCE.minus(MONITOR_PATIENCE))) {
            throw GantryException.of(
                            ErrorKind.DEADLINE_EXCEEDED,
                            "stop container " + container.id(),
                            "it did not end within " + KILL_PATIENCE.toSeconds() + " s of SIGKILL")
                    .withRemedy("a process of it probably waits for a device or a network file system (state D in ps)");
        }
    }

    private static boolean endsWithin(CompletableFuture<Container> exited, Duration patience)
            throws InterruptedException {
        try {
            Container unused = exited.get(patience.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException e) {
            return false;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    private static boolean firstProcessIsAlive(Container container) {
        ProcessIdentity init = container.status().init();
        try (PidFd process = init == null ? null : PidFd.open(init).orElse(null)) {
            return process != null && process.isAlive();
        }
    }

    private void signal(Container container, int signal) {
        ProcessIdentity init = container.status().init();
        Optional<PidFd> process = init == null ? Optional.empty() : PidFd.open(init);
        if (process.isEmpty()) {
            var unused = exits.check(container.id());
            return;
        }
        try (PidFd found = process.get()) {
            if (signal == Signals.SIGKILL && found.isAlive()) {
                exits.ooms().killing(container.id());
            }
            boolean unused = found.signal(signal);
        }
        log.debug("signalled: container={} signal={}", container.id(), signal);
    }

    /** SIGKILL to the first process, and to the others where they do not die with it. */
    private void kill(Container container) {
        signal(container, Signals.SIGKILL);
        if (container.config().security().namespaces().pid() != NamespaceMode.CONTAINER) {
            parts.cgroups().killAll(container.cgroup());
        }
    }
}
