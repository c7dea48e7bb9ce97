package io.gantry.platform.linux;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * Runs code inside other namespaces, on a platform thread made for it that ends afterwards. Children and sockets made
 * there stay in those namespaces. So do threads, and the JVM makes threads on its own: to run a virtual thread that was
 * started or woken. Therefore the thread goes back to its own namespaces before it hands over the result, and {@code work}
 * must not start threads, complete futures or use executors.
 *
 * @see <a href="https://man7.org/linux/man-pages/man2/setns.2.html">setns(2)</a>
 */
public final class NamespaceThread {
    private NamespaceThread() {}

    /**
     * Enters the namespaces in the order given and runs {@code work}. A user namespace cannot be entered from a JVM,
     * which has many threads.
     *
     * @param namespaces {@code /proc/pid/ns/net}, or where such a file is bind-mounted
     * @throws GantryException when a namespace cannot be entered, or {@code work} failed with a checked exception; other
     *     exceptions of {@code work} are thrown on as they are
     * @throws InterruptedException when interrupted; the thread was interrupted and has ended
     */
    public static <T> T run(List<Path> namespaces, Callable<T> work) throws InterruptedException {
        return run(JnaSyscalls.instance(), namespaces, work);
    }

    static <T> T run(Syscalls syscalls, List<Path> namespaces, Callable<T> work) throws InterruptedException {
        List<Path> files = List.copyOf(namespaces);
        // The first use of the watcher starts its thread, which must not happen inside.
        FdWatcher.shared();
        FutureTask<T> task = new FutureTask<>(() -> {
            try (EnteredNamespaces ignored = EnteredNamespaces.enter(syscalls, files)) {
                return work.call();
            }
        });
        try {
            return ThrowAwayThread.runInterruptibly("gantry-ns", task);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            if (cause instanceof InterruptedException interrupted) {
                throw interrupted;
            }
            throw GantryException.of(ErrorKind.INTERNAL, "run in namespaces " + files, String.valueOf(cause))
                    .causedBy(cause);
        }
    }
}
