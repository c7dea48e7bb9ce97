package io.gantry.pod.container;

import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;

/** One process of each container that is watched by its pidfd; what is to be done at its end runs on an executor. */
final class ProcessWatches implements AutoCloseable {
    private final Executor executor;
    private final Map<String, PidFd> watched = new ConcurrentHashMap<>();

    ProcessWatches(Executor executor) {
        this.executor = executor;
    }

    /**
     * Watches a process in place of the one that was watched for this container before.
     *
     * @return false when it has gone already; then nothing is watched
     * @throws io.gantry.platform.linux.ErrnoException when descriptors have run out
     */
    boolean watch(String containerId, ProcessIdentity process, Runnable whenGone) {
        Optional<PidFd> opened = PidFd.open(process);
        if (opened.isEmpty()) {
            return false;
        }
        PidFd pidFd = opened.get();
        PidFd before = watched.put(containerId, pidFd);
        if (before != null) {
            before.close();
        }
        try {
            var unused = pidFd.exited().thenRunAsync(() -> gone(containerId, pidFd, whenGone), executor);
        } catch (RuntimeException e) {
            forget(containerId);
            throw e;
        }
        return true;
    }

    private void gone(String containerId, PidFd pidFd, Runnable whenGone) {
        if (watched.remove(containerId, pidFd)) {
            pidFd.close();
            whenGone.run();
        }
    }

    /** Ends the watch of a container; what was to be done is not done. */
    void forget(String containerId) {
        PidFd pidFd = watched.remove(containerId);
        if (pidFd != null) {
            pidFd.close();
        }
    }

    /** How many processes are watched. */
    int size() {
        return watched.size();
    }

    @Override
    public void close() {
        watched.keySet().forEach(this::forget);
    }
}
