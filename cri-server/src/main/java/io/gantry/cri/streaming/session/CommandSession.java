package io.gantry.cri.streaming.session;

import io.gantry.platform.error.GantryException;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client joined to the streams of a process. What may block (starting the process, waiting for its end, killing it)
 * runs on a worker thread of the session, which is interrupted when the client goes; everything else on the event loop.
 * Whichever side goes first, at the end the process has been told, every descriptor is closed, and the worker is gone.
 */
public abstract class CommandSession {
    private static final Logger log = LoggerFactory.getLogger(CommandSession.class);

    /** Input that comes before the process is there. */
    private final Deque<ByteBuf> earlyInput = new ArrayDeque<>();

    private final CompletableFuture<Boolean> delivered = new CompletableFuture<>();
    private final SessionContext context;
    private final StreamRequest.Command request;
    private final CommandClient client;
    private @Nullable DescriptorStream input;
    private boolean inputEnded;
    private boolean over;
    private int width;
    private int height;
    private volatile @Nullable Thread worker;
    private volatile boolean cancelled;

    CommandSession(SessionContext context, StreamRequest.Command request, CommandClient client) {
        this.context = context;
        this.request = request;
        this.client = client;
    }

    /** The session for a request. */
    public static CommandSession of(SessionContext context, StreamRequest.Command request, CommandClient client) {
        return switch (request) {
            case StreamRequest.Exec exec -> new ExecSession(context, exec, client);
            case StreamRequest.Attach attach -> new AttachSession(context, attach, client);
        };
    }

    /** Starts or joins the process; the client's streams are all there. */
    public final void start() {
        context.workers().execute(this::work);
    }

    /** Does what blocks, from start to end; descriptors are open only within. On the worker thread. */
    abstract void run() throws InterruptedException;

    /** Stops polling descriptors. On the loop. */
    abstract void detach();

    /** Sets the terminal's size. On the loop. */
    abstract void applySize(int newWidth, int newHeight);

    /** The client takes output again, or takes none for now. On the loop. */
    public abstract void writabilityChanged();

    private void work() {
        worker = Thread.currentThread();
        try {
            if (!cancelled) {
                run();
            }
        } catch (GantryException e) {
            log.info("command failed: action=\"{}\" error=\"{}\"", request.action(), e.getMessage());
            later(() -> finish(new CommandResult.Failure(String.valueOf(e.getMessage()))));
        } catch (InterruptedException e) {
            log.debug("command ended with its client: action=\"{}\"", request.action());
        } catch (RuntimeException e) {
            log.error("command failed unexpectedly: action=\"{}\"", request.action(), e);
            later(() -> finish(
                    new CommandResult.Failure("unexpected " + e.getClass().getSimpleName())));
        } finally {
            worker = null;
            later(this::dropInput);
        }
    }

    /** Runs on the loop, later; dropped when the loop has ended. */
    final void later(Runnable action) {
        try {
            context.loop().execute(action);
        } catch (RejectedExecutionException e) {
            log.debug("the streaming server has stopped: action=\"{}\"", request.action());
        }
    }

    /** Runs {@link #detach} on the loop and waits for it, interrupted or not: descriptors may be closed afterwards. */
    final void detachAndWait() {
        CountDownLatch done = new CountDownLatch(1);
        try {
            context.loop().execute(() -> {
                try {
                    detach();
                } finally {
                    done.countDown();
                }
            });
        } catch (RejectedExecutionException e) {
            return; // nothing polls any more
        }
        boolean interrupted = false;
        while (done.getCount() > 0) {
            try {
                done.await();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Waits, on the worker thread, until the client has been told how it ended. */
    final void awaitDelivery() throws InterruptedException {
        try {
            boolean unused = delivered.get();
        } catch (java.util.concurrent.ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Input can be written from now on. */
    final void joinInput(@Nullable DescriptorStream stream) {
        input = stream;
        if (stream == null) {
            inputEnded = true;
            dropInput();
            client.setReading(true);
            return;
        }
        for (ByteBuf data = earlyInput.poll(); data != null; data = earlyInput.poll()) {
            stream.write(data);
        }
        if (inputEnded) {
            endInput(stream);
        }
        client.setReading(!stream.isBacklogged());
    }

    /** The size asked for so far, once there is a terminal. */
    final void joinTerminal() {
        if (width > 0 && height > 0) {
            applySize(width, height);
        }
    }

    /** No more input comes: says so to the process once it has what was queued. */
    abstract void endInput(DescriptorStream stream);

    private void dropInput() {
        earlyInput.forEach(ByteBuf::release);
        earlyInput.clear();
    }

    /** Tells the client how it ended; the first one holds. */
    final void finish(CommandResult result) {
        if (!over) {
            over = true;
            client.setReading(true);
            client.end(result);
            delivered.complete(true);
        }
    }

    final boolean isOver() {
        return over;
    }

    final CommandClient client() {
        return client;
    }

    final SessionContext context() {
        return context;
    }

    final StreamRequest.Streams streams() {
        return request.streams();
    }

    /** Input of the client; takes over the buffer. */
    public final void stdin(ByteBuf data) {
        if (over || inputEnded) {
            data.release();
        } else if (input != null) {
            input.write(data);
        } else {
            earlyInput.add(data);
            client.setReading(false);
        }
    }

    /** The client has no more input. */
    public final void stdinEnded() {
        if (!inputEnded) {
            inputEnded = true;
            if (input != null) {
                endInput(input);
            }
        }
    }

    /** The client's terminal has another size, in characters; senseless ones are ignored. */
    public final void resize(int newWidth, int newHeight) {
        if (newWidth < 1
                || newHeight < 1
                || newWidth > 0xFFFF
                || newHeight > 0xFFFF
                || !streams().tty()) {
            return;
        }
        width = newWidth;
        height = newHeight;
        if (!over) {
            applySize(width, height);
        }
    }

    /** The client's connection is closed, or is going to be: everything ends. */
    public final void clientGone() {
        over = true;
        cancelled = true;
        delivered.complete(false);
        dropInput();
        writabilityChanged();
        Thread running = worker;
        if (running != null) {
            running.interrupt();
        }
    }
}
