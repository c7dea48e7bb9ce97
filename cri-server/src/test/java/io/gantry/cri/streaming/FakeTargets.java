package io.gantry.cri.streaming;

import io.gantry.cri.streaming.session.StreamTargets;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import io.gantry.pod.container.ExecRequest;
import io.gantry.pod.container.RunningExec;
import io.gantry.pod.monitor.AttachConnection;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.net.InetAddress;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.LinkedBlockingQueue;

/** Commands run on this host, attached clients meet the test itself, and ports are those of this host. */
final class FakeTargets implements StreamTargets {
    private final Syscalls syscalls = JnaSyscalls.instance();
    private final List<HostExec> execs = new CopyOnWriteArrayList<>();
    private final BlockingQueue<Fd> monitors = new LinkedBlockingQueue<>();
    private final List<String> sizes = new CopyOnWriteArrayList<>();

    volatile Container container = Pods.running(true);
    volatile PodSandbox sandbox = Pods.ready();

    @Override
    public Container container(String id) {
        if (!id.equals("c1")) {
            throw GantryException.of(ErrorKind.NOT_FOUND, "find container " + id, "there is no container of that id");
        }
        return container;
    }

    @Override
    public PodSandbox sandbox(String id) {
        if (!id.equals("s1")) {
            throw GantryException.of(ErrorKind.NOT_FOUND, "find pod sandbox " + id, "there is no sandbox of that id");
        }
        return sandbox;
    }

    @Override
    public RunningExec exec(String containerId, ExecRequest request) {
        if (request.command().getFirst().equals("no-such-program")) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, "exec in container c1", "no-such-program: not found");
        }
        HostExec exec = HostExec.start(syscalls, request);
        execs.add(exec);
        return exec;
    }

    /** Commands started so far. */
    List<HostExec> execs() {
        return execs;
    }

    @Override
    public AttachConnection attach(String containerId) {
        int[] pair = syscalls.socketpair(
                LinuxConstants.AF_UNIX, LinuxConstants.SOCK_SEQPACKET | LinuxConstants.SOCK_CLOEXEC, 0);
        syscalls.fcntl(pair[0], LinuxConstants.F_SETFL, LinuxConstants.O_NONBLOCK);
        monitors.add(new Fd(syscalls, pair[1]));
        return new AttachConnection(
                syscalls, new Fd(syscalls, pair[0]), (width, height) -> sizes.add(width + "x" + height));
    }

    /** The monitor's end of the next attached client, for the caller to close. */
    Fd monitor() throws InterruptedException {
        return monitors.take();
    }

    /** Terminal sizes set on attached containers. */
    List<String> sizes() {
        return sizes;
    }

    @Override
    public Fd dial(String sandboxId, int port) {
        Fd socket = new Fd(
                syscalls,
                syscalls.socket(LinuxConstants.AF_INET, LinuxConstants.SOCK_STREAM | LinuxConstants.SOCK_CLOEXEC, 0));
        try {
            syscalls.connectInet(socket.number(), InetAddress.ofLiteral("127.0.0.1"), port);
            syscalls.fcntl(socket.number(), LinuxConstants.F_SETFL, LinuxConstants.O_NONBLOCK);
            return socket;
        } catch (io.gantry.platform.linux.ErrnoException e) {
            socket.close();
            throw GantryException.of(ErrorKind.UNAVAILABLE, "forward port " + port, e.errorName());
        }
    }
}
