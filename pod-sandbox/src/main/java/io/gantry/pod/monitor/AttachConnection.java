package io.gantry.pod.monitor;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;
import java.util.function.BiConsumer;

/**
 * One client's connection to conmon's attach socket: SOCK_SEQPACKET, so that each read gives one packet and each write is
 * one. Packets from conmon begin with a byte that says which output they are of; packets to it are input as it is.
 *
 * <p>Conmon writes to its clients one after the other and waits for each: whoever holds a connection must keep reading, or
 * the container's output stops for everybody, its log included.
 *
 * @see <a href="https://github.com/containers/conmon/blob/main/src/conn_sock.c">conn_sock.c of conmon</a>
 */
public final class AttachConnection implements AutoCloseable {
    /** Longest packet that conmon sends, with room to spare: one byte and up to 8,192 of output. */
    public static final int MAX_OUTPUT_PACKET = 16 << 10;
    /** Longest packet sent to conmon, which takes up to 32 KiB. */
    public static final int MAX_INPUT_PACKET = 8 << 10;
    /** First byte of a packet of standard output; with a terminal there is no other. */
    public static final int STDOUT = 2;
    /** First byte of a packet of standard error. */
    public static final int STDERR = 3;

    /** Conmon's queue of connections holds ten; it takes them as soon as it is not busy with output. */
    private static final int CONNECT_TRIES = 100;

    private static final int RETRY_MILLIS = 20;

    private final Syscalls syscalls;
    private final Fd socket;
    private final BiConsumer<Integer, Integer> resizer;

    /**
     * @param socket connected, not blocking; this object's from now on
     * @param resizer gets width and height
     */
    public AttachConnection(Syscalls syscalls, Fd socket, BiConsumer<Integer, Integer> resizer) {
        this.syscalls = syscalls;
        this.socket = socket;
        this.resizer = resizer;
    }

    /**
     * Connects to the conmon of a container.
     *
     * @throws GantryException FAILED_PRECONDITION when it does not answer, as when the container has just ended
     */
    public static AttachConnection open(Syscalls syscalls, ConmonControl control, String containerId, Path bundle)
            throws InterruptedException {
        String action = "attach to container " + containerId;
        try (Fd directory = new Fd(
                syscalls,
                syscalls.openat(
                        LinuxConstants.AT_FDCWD,
                        bundle.toString(),
                        LinuxConstants.O_PATH | LinuxConstants.O_DIRECTORY | LinuxConstants.O_CLOEXEC,
                        0))) {
            // Through the descriptor, because the address of a Unix socket has room for 107 bytes only.
            String path = "/proc/self/fd/" + directory.number() + "/attach";
            Fd socket = new Fd(
                    syscalls,
                    syscalls.socket(
                            LinuxConstants.AF_UNIX,
                            LinuxConstants.SOCK_SEQPACKET | LinuxConstants.SOCK_NONBLOCK | LinuxConstants.SOCK_CLOEXEC,
                            0));
            boolean connected = false;
            try {
                connect(syscalls, socket, path);
                connected = true;
            } finally {
                if (!connected) {
                    socket.close();
                }
            }
            return new AttachConnection(
                    syscalls, socket, (width, height) -> control.resize(containerId, bundle, width, height));
        } catch (ErrnoException e) {
            throw GantryException.of(
                            ErrorKind.FAILED_PRECONDITION, action, "its monitor does not answer: " + e.errorName())
                    .withRemedy("the container may have just ended")
                    .causedBy(e);
        }
    }

    private static void connect(Syscalls syscalls, Fd socket, String path) throws InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                syscalls.connectUnix(socket.number(), path);
                return;
            } catch (ErrnoException e) {
                if (!e.is(Errno.EAGAIN) || attempt == CONNECT_TRIES) {
                    throw e;
                }
                Thread.sleep(RETRY_MILLIS);
            }
        }
    }

    /** The socket, for polling, reading and writing; end of file once the container has ended. */
    public Fd socket() {
        return socket;
    }

    /**
     * Tells the container that this client has no more input. It reads end of file only when it was created to have its
     * input closed with its first client's.
     */
    public void endInput() {
        try {
            syscalls.shutdown(socket.number(), LinuxConstants.SHUT_WR);
        } catch (ErrnoException e) {
            if (!e.is(Errno.ENOTCONN)) {
                throw e.during("end input of an attached client");
            }
        }
    }

    /**
     * Sets the size of the container's terminal, in characters. Does not block.
     *
     * @throws GantryException FAILED_PRECONDITION when conmon is gone
     */
    public void resize(int width, int height) {
        resizer.accept(width, height);
    }

    /** Leaves the container; it goes on. Whoever polls the socket must have stopped. Idempotent. */
    @Override
    public void close() {
        socket.close();
    }
}
