package io.gantry.pod.checkpoint;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.io.OutputStream;

/** Output that ends with DEADLINE_EXCEEDED once its time is over. */
public final class TimedOutput extends OutputStream {
    private final OutputStream out;
    private final Deadline deadline;
    private final String action;

    public TimedOutput(OutputStream out, Deadline deadline, String action) {
        this.out = out;
        this.deadline = deadline;
        this.action = action;
    }

    @Override
    public void write(int one) throws IOException {
        check();
        out.write(one);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        check();
        out.write(bytes, offset, length);
    }

    private void check() {
        if (deadline.isExpired()) {
            throw GantryException.of(ErrorKind.DEADLINE_EXCEEDED, action, "the checkpoint was not written in time")
                    .withRemedy("allow more time");
        }
    }

    @Override
    public void flush() throws IOException {
        out.flush();
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
