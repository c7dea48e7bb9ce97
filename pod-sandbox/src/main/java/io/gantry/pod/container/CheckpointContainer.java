package io.gantry.pod.container;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.lifecycle.StepClock;
import io.gantry.pod.checkpoint.CheckpointWork;
import io.gantry.pod.runtime.RuntimeCheckpoints;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes running containers to archives, as of one moment for all of them, and lets them go on. All archives appear or
 * none; a container that is stopped meanwhile is not kept from ending.
 */
final class CheckpointContainer {
    private static final Logger log = LoggerFactory.getLogger(CheckpointContainer.class);

    /** A container and the file that it is written to, of {@link io.gantry.pod.checkpoint.CheckpointTarget#require}. */
    record Job(Container container, Path location) {}

    private final ContainerParts parts;
    private final Creations running;
    private final KeyedLocks<String> locks = new KeyedLocks<>();

    /** @param running the checkpoints under way, for those who stop their containers */
    CheckpointContainer(ContainerParts parts, Creations running) {
        this.parts = parts;
        this.running = running;
    }

    /**
     * Returns once the archives are on disk and the containers go on.
     *
     * @throws GantryException FAILED_PRECONDITION when a container or this host cannot be checkpointed, DEADLINE_EXCEEDED;
     *     nothing is left then
     */
    void execute(List<Job> jobs, String action, Deadline deadline) throws InterruptedException {
        List<Job> ordered = jobs.stream()
                .sorted(Comparator.comparing(job -> job.container().id()))
                .toList();
        for (Job job : ordered) {
            requireAble(job.container(), action);
            parts.runtimes().of(job.container().handler()).checkpoints().require(action);
        }
        lockNext(new ArrayDeque<>(ordered), new Checkpoint(action, deadline));
    }

    private void lockNext(Deque<Job> left, Checkpoint checkpoint) throws InterruptedException {
        Job job = left.poll();
        if (job == null) {
            checkpoint.run();
            return;
        }
        String id = job.container().id();
        try (KeyedLocks<String>.Held _ = locks.lock(id);
                Creations.Creation current = running.begin(id)) {
            checkpoint.add(job, current);
            lockNext(left, checkpoint);
        }
    }

    /** Why a container can never be checkpointed, or not now. */
    private void requireAble(Container container, String action) {
        if (!container.status().isRunning()) {
            throw unmet(
                    action,
                    "container " + container.id() + " is " + container.status().phase() + ", not RUNNING",
                    "start it first");
        }
        if (container.config().tty()) {
            throw unmet(
                    action,
                    "container " + container.id() + " has a terminal, which cannot be restored",
                    "run it without tty");
        }
        boolean mapped = parts.state()
                .sandboxes()
                .find(container.sandboxId())
                .map(PodSandbox::config)
                .map(config -> config.security().namespaces().usesUserNamespace())
                .orElse(false);
        if (mapped) {
            throw unmet(
                    action,
                    "container " + container.id() + " is in a user namespace, which OCI runtimes cannot checkpoint",
                    "run the pod with hostUsers: true");
        }
    }

    private static GantryException unmet(String action, String problem, String remedy) {
        return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, problem)
                .withRemedy(remedy);
    }

    /**
     * What a daemon that was killed has left of a checkpoint: the container goes on, and the files go.
     *
     * @throws GantryException when the container stays frozen; the next start finds the files again
     */
    void abandon(String containerId) throws InterruptedException {
        try (KeyedLocks<String>.Held _ = locks.lock(containerId)) {
            var container = parts.state().containers().find(containerId);
            if (container.isPresent()) {
                var runtime = parts.runtimes().of(container.get().handler());
                String cgroup = container.get().cgroup();
                runtime.checkpoints().abandon(containerId, () -> parts.cgroups().isFrozen(cgroup));
            }
            CheckpointWork.discard(parts.state().paths().checkpoints().resolve(containerId));
        }
    }

    /** Held while containers are frozen. */
    private interface Frozen extends AutoCloseable {
        @Override
        void close();
    }

    /** One call under way. */
    private final class Checkpoint {
        private final String action;
        private final Deadline deadline;
        private final List<Job> jobs = new ArrayList<>();
        private final List<Creations.Creation> ongoing = new ArrayList<>();
        private final List<ContainerDump> dumps = new ArrayList<>();

        Checkpoint(String action, Deadline deadline) {
            this.action = action;
            this.deadline = deadline;
        }

        void add(Job job, Creations.Creation current) {
            jobs.add(job);
            ongoing.add(current);
        }

        void run() throws InterruptedException {
            StepClock clock = new StepClock();
            try {
                for (Job job : jobs) {
                    begin(job);
                }
                freezeAndCapture();
                clock.lap("capture");
                for (ContainerDump dump : dumps) {
                    dump.pack(deadline);
                }
                clock.lap("pack");
                if (settle()) {
                    throw stopped();
                }
                publish();
                log.info("checkpoint written: action=\"{}\" ms=\"{}\"", action, clock);
            } catch (GantryException | InterruptedException e) {
                if (settle()) {
                    boolean unused = Thread.interrupted();
                    throw stopped().causedBy(e);
                }
                throw e;
            } finally {
                close();
            }
        }

        private void begin(Job job) throws InterruptedException {
            Container container =
                    parts.state().containers().find(job.container().id()).orElse(job.container());
            requireAble(container, action); // it may have ended while another checkpoint was under way
            RuntimeCheckpoints runtime =
                    parts.runtimes().of(container.handler()).checkpoints();
            CheckpointWork work =
                    CheckpointWork.begin(parts.state().paths().checkpoints(), container.id(), job.location(), action);
            dumps.add(new ContainerDump(parts, container, runtime, work, action));
        }

        private void freezeAndCapture() throws InterruptedException {
            try (Frozen _ = this::thaw) {
                for (ContainerDump dump : dumps) {
                    dump.freeze(deadline);
                }
                for (ContainerDump dump : dumps) {
                    dump.capture(deadline);
                }
            }
        }

        /** Each of them, whatever happens to the others. */
        private void thaw() {
            GantryException first = null;
            for (ContainerDump dump : dumps) {
                try {
                    dump.thaw();
                } catch (GantryException e) {
                    log.error("container stays frozen: error=\"{}\"", e.getMessage());
                    if (first == null) {
                        first = e;
                    } else {
                        first.addSuppressed(e);
                    }
                }
            }
            if (first != null) {
                throw first;
            }
        }

        private boolean settle() {
            boolean cancelled = false;
            for (Creations.Creation current : ongoing) {
                cancelled |= current.settle();
            }
            return cancelled;
        }

        private void publish() {
            boolean done = false;
            try {
                for (ContainerDump dump : dumps) {
                    dump.work().publish();
                }
                done = true;
            } finally {
                if (!done) {
                    dumps.forEach(dump -> dump.work().retract());
                }
            }
        }

        private GantryException stopped() {
            return GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "the container was stopped meanwhile");
        }

        private void close() {
            for (ContainerDump dump : dumps) {
                try {
                    dump.close();
                } catch (GantryException e) {
                    log.warn(
                            "leftovers of a checkpoint stay until the next one or start: error=\"{}\"", e.getMessage());
                }
            }
        }
    }
}
