package io.gantry.pod.sandbox;

import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.events.PodEvents;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.PodState;
import io.gantry.pod.state.SandboxState;
import java.time.Clock;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that a pause process ends by itself: its sandbox is not READY any more then, and the kubelet makes a new one. What
 * the sandbox still holds is given back by StopPodSandbox.
 */
final class PauseWatch implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(PauseWatch.class);

    private final PodState state;
    private final PodEvents events;
    private final Clock clock;
    private final Map<String, PidFd> watched = new ConcurrentHashMap<>();

    PauseWatch(PodState state, PodEvents events, Clock clock) {
        this.state = state;
        this.events = events;
        this.clock = clock;
    }

    /** Looks after a READY sandbox. One whose process has ended already becomes not READY at once. */
    void track(PodSandbox sandbox) {
        ProcessIdentity pause = sandbox.pause();
        PidFd process = null;
        try {
            process = pause == null ? null : PidFd.open(pause).orElse(null);
            if (process == null) {
                ended(sandbox.id());
                return;
            }
            watch(sandbox.id(), process);
        } catch (ErrnoException e) {
            log.warn("pause process is not watched: sandbox={} error=\"{}\"", sandbox.id(), e.getMessage());
            if (process != null) {
                process.close();
            }
        }
    }

    private void watch(String id, PidFd process) {
        PidFd before = watched.put(id, process);
        if (before != null) {
            before.close();
        }
        var unused = process.exited().whenComplete((end, problem) -> {
            if (watched.remove(id, process)) {
                process.close();
                ended(id);
            }
        });
        // A stop that came in between found nothing to forget.
        if (!state.sandboxes().find(id).map(PodSandbox::isReady).orElse(false)) {
            forget(id);
        }
    }

    /** The sandbox is being stopped: the end of its process is nothing to tell. */
    void forget(String id) {
        PidFd process = watched.remove(id);
        if (process != null) {
            process.close();
        }
    }

    /** A record that cannot be written now (a full disk) still says READY; the next start looks at the process again. */
    private void ended(String id) {
        boolean[] wasReady = {false};
        var unused = state.sandboxes().updateEvenUnsaved(id, current -> {
            wasReady[0] = current.isReady();
            return wasReady[0] ? current.withState(SandboxState.STOPPING) : current;
        });
        if (wasReady[0]) {
            log.warn("pause process ended, the sandbox is not ready any more: sandbox={}", id);
            events.publish(new PodEvent(PodEvent.Kind.STOPPED, id, id, clock.instant()));
        }
    }

    @Override
    public void close() {
        watched.keySet().forEach(this::forget);
    }
}
