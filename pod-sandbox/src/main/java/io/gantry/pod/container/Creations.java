package io.gantry.pod.container;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/** The creations that are under way, so that whoever stops their sandbox can cut them short and wait for their end. */
final class Creations {
    private final Map<String, Creation> running = new ConcurrentHashMap<>();

    /** The creation of a container begins on this thread; closed when all of it is done or undone. */
    Creation begin(String containerId) {
        Creation creation = new Creation(containerId, Thread.currentThread());
        running.put(containerId, creation);
        return creation;
    }

    /**
     * Cuts a creation short and returns when it is over: undone, or done if it was past the point where it could be cut.
     * Returns at once when there is none.
     */
    void cancel(String containerId) throws InterruptedException {
        Creation creation = running.get(containerId);
        if (creation != null) {
            creation.cancel();
            creation.ended.await();
        }
    }

    /** One creation. */
    final class Creation implements AutoCloseable {
        private final String containerId;
        private final Thread thread;
        private final CountDownLatch ended = new CountDownLatch(1);
        private boolean cancelled;
        private boolean settled;

        private Creation(String containerId, Thread thread) {
            this.containerId = containerId;
            this.thread = thread;
        }

        private synchronized void cancel() {
            if (!settled) {
                cancelled = true;
                thread.interrupt();
            }
        }

        /** From now on it is not cut short any more. @return whether it was before */
        synchronized boolean settle() {
            settled = true;
            return cancelled;
        }

        @Override
        public void close() {
            boolean unused = settle();
            running.remove(containerId, this);
            ended.countDown();
        }
    }
}
