package io.gantry.platform.testing;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.process.ExitStatus;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.process.RunningProcess;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A process of {@link FakeProcessRunner}. A hanging one ends by SIGTERM, SIGKILL or {@link #end}. */
public final class FakeProcess implements RunningProcess {
    private final int pid;
    private final FakeProcessRunner.Reply reply;
    private final CompletableFuture<ExitStatus> exited = new CompletableFuture<>();
    private final List<Integer> signals = new ArrayList<>();

    FakeProcess(int pid, FakeProcessRunner.Reply reply) {
        this.pid = pid;
        this.reply = reply;
        if (!reply.hangs()) {
            end(reply.exitCode());
        }
    }

    /** Ends it with a code. */
    public void end(int exitCode) {
        exited.complete(new ExitStatus(exitCode, 0));
    }

    /** The signals it got, in order; {@link #killGroup} counts as SIGKILL. */
    public synchronized List<Integer> signals() {
        return List.copyOf(signals);
    }

    @Override
    public int pid() {
        return pid;
    }

    @Override
    public CompletableFuture<ExitStatus> exited() {
        return exited.copy();
    }

    @Override
    public byte[] stdout() {
        return reply.stdout().clone();
    }

    @Override
    public byte[] stderr() {
        return reply.stderr().clone();
    }

    @Override
    public synchronized void signal(int signal) {
        signals.add(signal);
        if (signal == Signals.SIGTERM || signal == Signals.SIGKILL) {
            exited.complete(FakeProcessRunner.killedBy(signal));
        }
    }

    @Override
    public void killGroup() {
        signal(Signals.SIGKILL);
    }

    @Override
    public ProcessResult waitFor(Deadline deadline) throws InterruptedException {
        try {
            ExitStatus status = exited.get(deadline.remaining().toNanos(), TimeUnit.NANOSECONDS);
            return new ProcessResult(status, stdout(), stderr(), false, false);
        } catch (TimeoutException e) {
            killGroup();
            return new ProcessResult(exited.join(), stdout(), stderr(), true, false);
        } catch (InterruptedException e) {
            killGroup();
            throw e;
        } catch (ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {}
}
