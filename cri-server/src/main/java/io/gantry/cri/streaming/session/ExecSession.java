package io.gantry.cri.streaming.session;

import io.gantry.platform.linux.Fd;
import io.gantry.pod.container.ExecRequest;
import io.gantry.pod.container.RunningExec;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A command in a container. Output is read only as fast as the client takes it; the command waits meanwhile. The client
 * gets the exit code after the last output. A process that the command left behind may keep the outputs open: they are
 * read on for as long as something comes.
 */
final class ExecSession extends CommandSession {
    private static final int READ_SIZE = 32 << 10;
    /** How long outputs may be silent after the command's end until they are given up. */
    private static final long SILENCE_MILLIS = 250;
    /** What a terminal's driver takes for the end of input (termios(3), VEOF). */
    private static final byte END_OF_TRANSMISSION = 4;

    private final StreamRequest.Exec request;
    private final List<DescriptorStream> outputs = new ArrayList<>();
    private @Nullable DescriptorStream input;
    private @Nullable RunningExec exec;
    private int openOutputs;
    private boolean detached;
    private @Nullable CommandResult result;
    private long received;

    ExecSession(SessionContext context, StreamRequest.Exec request, CommandClient client) {
        super(context, request, client);
        this.request = request;
    }

    @Override
    void run() throws InterruptedException {
        StreamRequest.Streams streams = request.streams();
        ExecRequest wanted =
                new ExecRequest(request.command(), streams.tty(), streams.stdin(), streams.stdout(), streams.stderr());
        try (RunningExec running = context().targets().exec(request.containerId(), wanted)) {
            try {
                later(() -> join(running));
                int code = running.await();
                later(() -> ended(CommandResult.ofExitCode(code)));
                awaitDelivery();
            } finally {
                detachAndWait();
            }
        }
    }

    private void join(RunningExec running) {
        if (detached) {
            return;
        }
        exec = running;
        joinTerminal();
        open(running.stdout(), false);
        open(running.stderr(), true);
        Fd stdin = running.stdin();
        if (stdin != null) {
            input = new DescriptorStream(context().loop(), stdin.number(), 0, READ_SIZE, new Input());
            input.attach();
        }
        joinInput(input);
    }

    private void open(@Nullable Fd fd, boolean stderr) {
        if (fd != null) {
            DescriptorStream stream =
                    new DescriptorStream(context().loop(), fd.number(), READ_SIZE, 0, new Output(stderr));
            outputs.add(stream);
            openOutputs++;
            stream.setReading(client().isWritable());
            stream.attach();
        }
    }

    private final class Input implements DescriptorStream.Listener {
        @Override
        public void onBacklogChanged(boolean backlogged) {
            client().setReading(!backlogged);
        }
    }

    private final class Output implements DescriptorStream.Listener {
        private final boolean stderr;

        Output(boolean stderr) {
            this.stderr = stderr;
        }

        @Override
        public void onData(ByteBuf data) {
            if (isOver()) {
                data.release(); // read on, so that the runtime can end
                return;
            }
            received += data.readableBytes();
            if (stderr) {
                client().stderr(data);
            } else {
                client().stdout(data);
            }
            if (!client().isWritable()) {
                client().flush();
                writabilityChanged();
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
            openOutputs--;
            finishWhenDelivered();
        }
    }

    @Override
    public void writabilityChanged() {
        boolean writable = isOver() || client().isWritable();
        List.copyOf(outputs).forEach(output -> output.setReading(writable));
    }

    private void ended(CommandResult how) {
        result = how;
        finishWhenDelivered();
        if (!isOver()) {
            watchSilence(received);
        }
    }

    private void watchSilence(long before) {
        var unused = context()
                .loop()
                .schedule(
                        () -> {
                            if (isOver() || detached || result == null) {
                                return;
                            }
                            if (client().isWritable() && received == before) {
                                finish(result);
                            } else {
                                watchSilence(received);
                            }
                        },
                        SILENCE_MILLIS,
                        TimeUnit.MILLISECONDS);
    }

    private void finishWhenDelivered() {
        if (result != null && openOutputs == 0) {
            finish(result);
        }
    }

    @Override
    void endInput(DescriptorStream stream) {
        RunningExec running = exec;
        if (running == null) {
            return;
        }
        if (running.isTerminal()) {
            stream.write(Unpooled.wrappedBuffer(new byte[] {END_OF_TRANSMISSION}));
            return;
        }
        stream.whenDrained(() -> {
            stream.detach();
            Fd stdin = running.stdin();
            if (stdin != null) {
                stdin.close();
            }
        });
    }

    @Override
    void applySize(int newWidth, int newHeight) {
        RunningExec running = exec;
        if (running != null && !detached) {
            running.resize(newWidth, newHeight);
        }
    }

    @Override
    void detach() {
        detached = true;
        outputs.forEach(DescriptorStream::detach);
        if (input != null) {
            input.detach();
        }
    }
}
