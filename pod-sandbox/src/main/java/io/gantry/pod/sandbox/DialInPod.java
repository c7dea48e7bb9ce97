package io.gantry.pod.sandbox;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.NamespaceThread;
import io.gantry.platform.linux.Syscalls;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.namespace.PodNamespaces.Kind;
import io.gantry.pod.state.PodSandbox;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Connects to a port of a pod over its loopback interface, first with IPv4, then with IPv6: programs listen on either. The
 * socket is made in the pod's network namespace and stays in it, so no helper process is needed.
 */
final class DialInPod {
    private static final Duration PATIENCE = Duration.ofSeconds(20);
    /** How soon an interrupt is noticed while a connect is in progress. */
    private static final int POLL_MILLIS = 100;

    private static final int MAX_PORT = 65535;
    private static final List<InetAddress> LOOPBACK =
            List.of(address(127, 0, 0, 1), address(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1));

    private final PodNamespaces namespaces;
    private final Syscalls syscalls;

    DialInPod(PodNamespaces namespaces, Syscalls syscalls) {
        this.namespaces = namespaces;
        this.syscalls = syscalls;
    }

    private static InetAddress address(int... parts) {
        byte[] bytes = new byte[parts.length];
        for (int i = 0; i < parts.length; i++) {
            bytes[i] = (byte) parts[i];
        }
        try {
            return InetAddress.getByAddress(bytes);
        } catch (UnknownHostException e) {
            throw new IllegalArgumentException(e);
        }
    }

    Fd execute(PodSandbox sandbox, int port) throws InterruptedException {
        String action = "forward port " + port + " of pod sandbox " + sandbox.id();
        if (port < 1 || port > MAX_PORT) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, action, "a port is from 1 to " + MAX_PORT);
        }
        if (!sandbox.isReady()) {
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "the sandbox is " + sandbox.state());
        }
        boolean ofHost = sandbox.config().security().namespaces().network() == NamespaceMode.NODE;
        List<Path> inside = ofHost ? List.of() : List.of(namespaces.path(sandbox.id(), Kind.NET));
        AtomicReference<@Nullable Fd> connected = new AtomicReference<>();
        boolean handedOver = false;
        try {
            Fd socket = NamespaceThread.run(inside, () -> {
                Fd made = connect(action, port, Deadline.after(PATIENCE));
                connected.set(made);
                return made;
            });
            handedOver = true;
            return socket;
        } finally {
            Fd made = connected.get();
            if (!handedOver && made != null) {
                made.close(); // interrupted just when it was connected
            }
        }
    }

    private Fd connect(String action, int port, Deadline deadline) throws InterruptedException {
        ErrnoException first = null;
        for (InetAddress address : LOOPBACK) {
            try {
                return connect(address, port, deadline);
            } catch (ErrnoException e) {
                if (first == null) {
                    first = e;
                } else {
                    e.addSuppressed(first);
                    throw refused(action, first, e);
                }
            }
        }
        throw new IllegalStateException("no loopback address");
    }

    private static GantryException refused(String action, ErrnoException four, ErrnoException six) {
        GantryException error = GantryException.of(
                        ErrorKind.UNAVAILABLE, action, "127.0.0.1: " + four.errorName() + ", [::1]: " + six.errorName())
                .causedBy(six);
        return four.is(Errno.ECONNREFUSED)
                ? error.withRemedy("let a container of the pod listen on that port, on localhost or on all addresses")
                : error;
    }

    private Fd connect(InetAddress address, int port, Deadline deadline) throws InterruptedException {
        int family = address.getAddress().length == 4 ? LinuxConstants.AF_INET : LinuxConstants.AF_INET6;
        int type = LinuxConstants.SOCK_STREAM | LinuxConstants.SOCK_NONBLOCK | LinuxConstants.SOCK_CLOEXEC;
        Fd socket = new Fd(syscalls, syscalls.socket(family, type, 0));
        boolean connected = false;
        try {
            try {
                syscalls.connectInet(socket.number(), address, port);
            } catch (ErrnoException e) {
                if (!e.is(Errno.EINPROGRESS)) {
                    throw e;
                }
                await(socket, address, port, deadline);
            }
            connected = true;
            return socket;
        } finally {
            if (!connected) {
                socket.close();
            }
        }
    }

    private void await(Fd socket, InetAddress address, int port, Deadline deadline) throws InterruptedException {
        String subject = address.getHostAddress() + " port " + port;
        while (syscalls.poll(socket.number(), LinuxConstants.POLLOUT, POLL_MILLIS) == 0) {
            if (Thread.interrupted()) {
                throw new InterruptedException("connect to " + subject);
            }
            if (deadline.isExpired()) {
                throw new ErrnoException(Errno.ETIMEDOUT, "connect", subject);
            }
        }
        int error = syscalls.socketError(socket.number());
        if (error != 0) {
            throw new ErrnoException(error, "connect", subject);
        }
    }
}
