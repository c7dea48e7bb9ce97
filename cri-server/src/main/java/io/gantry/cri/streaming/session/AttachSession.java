package io.gantry.cri.streaming.session;

import io.gantry.platform.error.GantryException;
import io.gantry.pod.monitor.AttachConnection;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The streams of a container's own process, through a connection of its own to conmon. Conmon waits for every client, so the
 * connection is always read, and a client that does not take its output in time is cut off instead: at once when it has
 * left too much unread, and after a while without progress when it has left some.
 */
final class AttachSession extends CommandSession {
    /** A client that has left more than this unread is cut off. */
    static final long MAX_UNREAD = 4 << 20;
    /** One that has left this much unread is cut off when it takes nothing at all for {@link #STUCK_SECONDS}. */
    private static final long SOME_UNREAD = 1 << 20;

    private static final long STUCK_SECONDS = 30;
    private static final Logger log = LoggerFactory.getLogger(AttachSession.class);

    private final StreamRequest.Attach request;
    private @Nullable DescriptorStream stream;
    private @Nullable AttachConnection connection;
    private boolean detached;
    private long sent;
    private long taken;
    private boolean watched;

    AttachSession(SessionContext context, StreamRequest.Attach request, CommandClient client) {
        super(context, request, client);
        this.request = request;
    }

    @Override
    void run() throws InterruptedException {
        try (AttachConnection attached = context().targets().attach(request.containerId())) {
            try {
                later(() -> join(attached));
                awaitDelivery();
            } finally {
                detachAndWait();
            }
        }
    }

    private void join(AttachConnection attached) {
        if (detached) {
            return;
        }
        connection = attached;
        stream = new DescriptorStream(
                context().loop(),
                attached.socket().number(),
                AttachConnection.MAX_OUTPUT_PACKET,
                AttachConnection.MAX_INPUT_PACKET,
                new Monitor());
        stream.attach();
        joinTerminal();
        joinInput(streams().stdin() ? stream : null);
    }

    private final class Monitor implements DescriptorStream.Listener {
        @Override
        public void onData(ByteBuf packet) {
            int output = packet.readByte();
            boolean stderr = output == AttachConnection.STDERR;
            boolean wanted = stderr ? streams().stderr() : streams().stdout();
            if (isOver() || !wanted || !packet.isReadable()) {
                packet.release();
                return;
            }
            sent += packet.readableBytes();
            if (stderr) {
                client().stderr(packet);
            } else {
                client().stdout(packet);
            }
            if (!client().isWritable()) {
                client().flush();
                judge();
            }
        }

        @Override
        public void onReadPause() {
            if (!isOver()) {
                client().flush();
            }
        }

        @Override
        public void onEnd(@Nullable IOException failure) {
            finish(new CommandResult.Success());
        }

        @Override
        public void onBacklogChanged(boolean backlogged) {
            client().setReading(!backlogged);
        }
    }

    private void judge() {
        long unread = client().pendingBytes();
        boolean withinBudget = context().attachBudget().set(this, unread);
        if (unread > MAX_UNREAD || !withinBudget && unread > SOME_UNREAD) {
            cutOff(unread);
        } else if (unread > SOME_UNREAD && !watched) {
            watched = true;
            taken = sent - unread;
            var unused = context().loop().schedule(this::checkProgress, STUCK_SECONDS, TimeUnit.SECONDS);
        }
    }

    private void checkProgress() {
        watched = false;
        if (isOver() || detached) {
            return;
        }
        long unread = client().pendingBytes();
        if (unread > SOME_UNREAD && sent - unread <= taken) {
            cutOff(unread);
        } else {
            judge();
        }
    }

    private void cutOff(long unread) {
        log.warn(
                "attached client is too slow and was cut off: container={} unread_bytes={}",
                request.containerId(),
                unread);
        clientGone();
        client().abort();
    }

    @Override
    public void writabilityChanged() {
        if (!isOver()) {
            judge();
        }
    }

    @Override
    void endInput(DescriptorStream input) {
        AttachConnection attached = connection;
        if (attached != null) {
            input.whenDrained(() -> {
                if (!detached) {
                    attached.endInput();
                }
            });
        }
    }

    @Override
    void applySize(int newWidth, int newHeight) {
        AttachConnection attached = connection;
        if (attached == null || detached) {
            return;
        }
        try {
            attached.resize(newWidth, newHeight);
        } catch (GantryException e) {
            log.debug("terminal not resized: container={} error=\"{}\"", request.containerId(), e.getMessage());
        }
    }

    @Override
    void detach() {
        detached = true;
        context().attachBudget().remove(this);
        if (stream != null) {
            stream.detach();
        }
    }
}
