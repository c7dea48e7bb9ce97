package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
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

    /** A stop under way: its deadline, and how many callers wait for it. */
    private static final class Stop {
        private final ReentrantLock lock = new ReentrantLock();
        private final Condition changed = lock.newCondition();
        private Deadline deadline;
        private boolean signalled;

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
    void execute(Container container, Duration timeout) throws InterruptedException {
        if (!container.status().mayHaveProcess()) {
            return;
        }
        Deadline mine = Deadline.after(timeout);
        Stop stop = stops.compute(container.id(), (id, current) -> {
            if (current == null) {
                return new Stop(mine);
            }
            current.moveEarlier(mine);
            return current;
        });
        CompletableFuture<Container> exited = exits.exited(container);
        var unused = exited.whenComplete((ended, problem) -> {
            stop.wake();
            stops.remove(container.id(), stop);
        });
        if (container.status().isRunning() && !stop.deadline().isExpired() && stop.claimSignal()) {
            signal(container, Signals.parse(container.stopSignal()).orElse(Signals.SIGTERM));
        }
        stop.await(exited);
        if (!exited.isDone()) {
            kill(container);
            awaitEnd(container, exited);
        }
    }

    private void awaitEnd(Container container, CompletableFuture<Container> exited) throws InterruptedException {
        try {
            Container unused = exited.get(KILL_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw GantryException.of(
                            ErrorKind.DEADLINE_EXCEEDED,
                            "stop container " + container.id(),
                            "it did not end within " + KILL_PATIENCE.toSeconds() + " s of SIGKILL")
                    .withRemedy("a process of it probably waits for a device or a network file system (state D in ps)");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
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
