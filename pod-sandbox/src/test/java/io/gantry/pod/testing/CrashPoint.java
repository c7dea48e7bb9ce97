package io.gantry.pod.testing;

import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.RunningProcess;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Stands between a service and the kernel, and lets it go no further from a given step on: what the service has left then is
 * what {@code kill -9} leaves. Steps are programs that are started and calls that change mounts. A thread that comes to the
 * point is parked forever.
 */
public final class CrashPoint {
    private static final Set<String> STEPS = Set.of("mount", "umount2", "moveMount", "fsmount", "pipe2");

    private final CompletableFuture<Void> never = new CompletableFuture<>();
    private final CountDownLatch reached = new CountDownLatch(1);
    private final List<String> steps = new ArrayList<>();
    private final ProcessRunner processes;
    private boolean armed;
    private boolean after;
    private int countdown;
    private boolean crashed;

    public CrashPoint(ProcessRunner processes) {
        this.processes = processes;
    }

    /**
     * From now on steps are counted.
     *
     * @param step at which step to stop, from 1
     * @param afterIt whether the step itself is still taken
     */
    public synchronized void arm(int step, boolean afterIt) {
        armed = true;
        after = afterIt;
        countdown = step;
        steps.clear();
    }

    /** The point was not reached and is not to be. */
    public synchronized void disarm() {
        armed = false;
    }

    /** The steps since {@link #arm}. */
    public synchronized List<String> steps() {
        return List.copyOf(steps);
    }

    /** Waits until the service has come to the point. @return false when it did not */
    public boolean awaitCrash(long millis) throws InterruptedException {
        return reached.await(millis, TimeUnit.MILLISECONDS);
    }

    /** Starts programs. */
    public RunningProcess start(Command command) {
        String program = command.argv().getFirst();
        boolean last = enter("start " + program.substring(program.lastIndexOf('/') + 1));
        RunningProcess process = processes.start(command);
        leave(last);
        return process;
    }

    /** The kernel. */
    public Syscalls syscalls() {
        return (Syscalls) Proxy.newProxyInstance(
                Syscalls.class.getClassLoader(), new Class<?>[] {Syscalls.class}, (proxy, method, arguments) -> {
                    boolean last = STEPS.contains(method.getName()) && enter(method.getName());
                    try {
                        return method.invoke(JnaSyscalls.instance(), arguments);
                    } catch (InvocationTargetException e) {
                        throw e.getCause() == null ? e : e.getCause();
                    } finally {
                        leave(last);
                    }
                });
    }

    /** @return whether this is the last step, to be taken */
    private boolean enter(String step) {
        synchronized (this) {
            if (!armed) {
                return false;
            }
            if (!crashed) {
                steps.add(step);
                if (--countdown != 0) {
                    return false;
                }
                crashed = true;
                if (after) {
                    return true;
                }
            }
        }
        reached.countDown();
        never.join();
        return false;
    }

    private void leave(boolean last) {
        if (last) {
            reached.countDown();
            never.join();
        }
    }
}
