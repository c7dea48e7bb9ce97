package io.gantry.pod.sandbox;

import io.gantry.platform.concurrent.TaskScope;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
import io.gantry.pod.activity.Activity;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.Ids;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops a sandbox: kills its containers and gives back its network at the same time, then ends the pause process and lets go
 * of namespaces, files and cgroup. Every step may be repeated; what fails is finished by the next StopPodSandbox or
 * RemovePodSandbox.
 */
final class StopPodSandbox {
    private static final Logger log = LoggerFactory.getLogger(StopPodSandbox.class);

    private static final int KILL_PATIENCE_SECONDS = 30;

    /** A plugin that fails this often must not keep the pod forever; the kubelet calls again after each failure. */
    private static final int MAX_DETACH_FAILURES = 5;

    private final Map<String, Integer> detachFailures = new ConcurrentHashMap<>();

    /** Sandboxes of whose stop plugins know. */
    private final Set<String> told = ConcurrentHashMap.newKeySet();

    private final SandboxParts parts;
    private final PauseWatch pauses;

    StopPodSandbox(SandboxParts parts, PauseWatch pauses) {
        this.parts = parts;
        this.pauses = pauses;
    }

    void execute(PodSandbox sandbox, Activity activity) throws InterruptedException {
        if (sandbox.state() == SandboxState.STOPPED) {
            return;
        }
        String id = sandbox.id();
        pauses.forget(id);
        boolean[] wasReady = {false};
        var unused = parts.state().sandboxes().updateEvenUnsaved(id, current -> {
            wasReady[0] = current.isReady();
            return current.withState(SandboxState.STOPPING);
        });
        try {
            activity.parts("kill_and_detach");
            killAndDetach(sandbox);
            activity.step("release", "its pause process to end after SIGKILL");
            release(sandbox);
            var unusedUpdate =
                    parts.state().sandboxes().updateEvenUnsaved(id, current -> current.withState(SandboxState.STOPPED));
            activity.done();
        } finally {
            // Once, after its containers' events, also when the rest of the stop is left to another call.
            if (wasReady[0]) {
                parts.events()
                        .publish(new PodEvent(
                                PodEvent.Kind.STOPPED, id, id, parts.clock().instant()));
            }
        }
        log.info(
                "sandbox stopped: sandbox={} pod={}",
                id,
                sandbox.config().metadata().display());
        log.debug("sandbox stopped: sandbox={} ms=\"{}\"", id, activity.clock());
    }

    /**
     * No part stops half-way because another one fails; the first failure is thrown, the others are suppressed. Plugins
     * that are to be told are told in between: they may look at the network.
     */
    private void killAndDetach(PodSandbox sandbox) throws InterruptedException {
        boolean tell = parts.plugins().present();
        List<TaskScope.Task<Optional<GantryException>>> tasks = new ArrayList<>();
        try (TaskScope scope = new TaskScope("stop-pod-sandbox-" + Ids.brief(sandbox.id()))) {
            for (Container container : parts.state().containersOf(sandbox.id())) {
                tasks.add(scope.fork(
                        "kill-" + Ids.brief(container.id()),
                        () -> attempt(() -> parts.containers().stop(container.id(), Duration.ZERO))));
            }
            if (!tell) {
                tasks.add(scope.fork("detach", () -> attempt(() -> detachNetwork(sandbox))));
            }
            scope.join();
        }
        Optional<GantryException> later = tell ? tellAndDetach(sandbox) : Optional.empty();
        GantryException first = null;
        for (TaskScope.Task<Optional<GantryException>> task : tasks) {
            GantryException problem = task.get().orElse(null);
            if (first == null) {
                first = problem;
            } else if (problem != null) {
                first.addSuppressed(problem);
            }
        }
        GantryException last = later.orElse(null);
        if (first != null && last != null) {
            first.addSuppressed(last);
        } else if (last != null) {
            first = last;
        }
        if (first != null) {
            throw first;
        }
    }

    private Optional<GantryException> tellAndDetach(PodSandbox sandbox) throws InterruptedException {
        if (!told.contains(sandbox.id())) {
            parts.plugins().stopPodSandbox(sandbox);
            // Only now: one that was cut off is told again, since plugins may not have heard of it.
            told.add(sandbox.id());
        }
        return attempt(() -> detachNetwork(sandbox));
    }

    private interface Step {
        void run() throws InterruptedException;
    }

    private static Optional<GantryException> attempt(Step step) throws InterruptedException {
        try {
            step.run();
            return Optional.empty();
        } catch (GantryException e) {
            return Optional.of(e);
        }
    }

    /** CNI DEL, unless it was done; safe to repeat, and when ADD never ran or failed half-way. */
    void detachNetwork(PodSandbox sandbox) throws InterruptedException {
        boolean done = parts.state()
                .sandboxes()
                .find(sandbox.id())
                .map(PodSandbox::networkDetached)
                .orElse(true);
        if (done) {
            return;
        }
        try {
            parts.networks().detach(Attachments.of(sandbox, parts.namespaces()));
        } catch (GantryException e) {
            int failures = detachFailures.merge(sandbox.id(), 1, Integer::sum);
            if (failures < MAX_DETACH_FAILURES) {
                throw e;
            }
            log.error(
                    "network is given up, its address may stay taken until the next start collects it: sandbox={} tries={}"
                            + " error=\"{}\"",
                    sandbox.id(),
                    failures,
                    e.getMessage());
        }
        detachFailures.remove(sandbox.id());
        var unused =
                parts.state().sandboxes().updateEvenUnsaved(sandbox.id(), current -> current.withNetworkDetached(true));
    }

    /** The sandbox is removed: nothing about it is remembered. */
    void forget(String id) {
        detachFailures.remove(id);
        told.remove(id);
    }

    /** What is left once containers and network are gone; each part is idempotent. */
    void release(PodSandbox sandbox) throws InterruptedException {
        endPause(sandbox.id());
        parts.namespaces().unpin(sandbox.id());
        parts.files().remove(sandbox.id());
        parts.cgroups().remove(sandbox.cgroup());
    }

    /** SIGKILL to the pause process and all else in the sandbox's own cgroup. */
    void endPause(String id) throws InterruptedException {
        Optional<PodSandbox> sandbox = parts.state().sandboxes().find(id);
        if (sandbox.isEmpty()) {
            return;
        }
        ProcessIdentity pause = sandbox.get().pause();
        if (pause != null) {
            end(pause);
        }
        parts.cgroups().killAll(sandbox.get().cgroup());
    }

    private static void end(ProcessIdentity pause) throws InterruptedException {
        Optional<PidFd> process = PidFd.open(pause);
        if (process.isPresent()) {
            try (PidFd found = process.get()) {
                boolean unused = found.signal(Signals.SIGKILL);
                awaitEnd(found);
            }
        }
    }

    private static void awaitEnd(PidFd process) throws InterruptedException {
        try {
            var unused = process.exited().get(KILL_PATIENCE_SECONDS, TimeUnit.SECONDS);
        } catch (TimeoutException e) {
            throw GantryException.of(
                    ErrorKind.DEADLINE_EXCEEDED,
                    "end pause process",
                    "it did not end within " + KILL_PATIENCE_SECONDS + " s");
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }
}
