package io.gantry.cri.streaming;

import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.StreamTargets;
import io.gantry.cri.streaming.websocket.WebSocketPortForward;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;

/** Refuses what cannot work before a URL is handed out, so that the caller learns why. */
final class RequestChecks {
    private static final int MAX_PORT = 65535;

    private final StreamTargets targets;

    RequestChecks(StreamTargets targets) {
        this.targets = targets;
    }

    /**
     * @return the request with full ids
     * @throws GantryException INVALID_ARGUMENT, NOT_FOUND or FAILED_PRECONDITION
     */
    StreamRequest check(StreamRequest request) {
        return switch (request) {
            case StreamRequest.Exec exec -> check(exec);
            case StreamRequest.Attach attach -> check(attach);
            case StreamRequest.PortForward forward -> check(forward);
        };
    }

    private StreamRequest check(StreamRequest.Exec exec) {
        checkStreams(exec);
        if (exec.command().isEmpty()) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, exec.action(), "no command is given");
        }
        return new StreamRequest.Exec(running(exec, exec.containerId()).id(), exec.command(), exec.streams());
    }

    private StreamRequest check(StreamRequest.Attach attach) {
        checkStreams(attach);
        Container container = running(attach, attach.containerId());
        if (attach.streams().tty() && !container.config().tty()) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            attach.action(),
                            "a terminal is asked for, and the container was created without one")
                    .withRemedy("attach without tty, or create the container with it");
        }
        return new StreamRequest.Attach(container.id(), attach.streams());
    }

    private static void checkStreams(StreamRequest.Command request) {
        StreamRequest.Streams streams = request.streams();
        if (!streams.stdin() && !streams.stdout() && !streams.stderr()) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            request.action(),
                            "none of stdin, stdout and stderr is asked for")
                    .withRemedy("ask for at least one of them");
        }
        if (streams.tty() && streams.stderr()) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            request.action(),
                            "tty and stderr cannot both be asked for: a terminal has one output")
                    .withRemedy("leave stderr out");
        }
    }

    private Container running(StreamRequest request, String containerId) {
        Container container = targets.container(containerId);
        if (!container.status().isRunning()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    request.action(),
                    "the container is not running, it is " + container.status().phase());
        }
        return container;
    }

    private StreamRequest check(StreamRequest.PortForward forward) {
        if (forward.ports().size() > WebSocketPortForward.MAX_PORTS) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT,
                    forward.action(),
                    "more than " + WebSocketPortForward.MAX_PORTS + " ports are asked for");
        }
        for (int port : forward.ports()) {
            if (port < 1 || port > MAX_PORT) {
                throw GantryException.of(
                        ErrorKind.INVALID_ARGUMENT,
                        forward.action(),
                        "a port is from 1 to " + MAX_PORT + ", not " + port);
            }
        }
        PodSandbox sandbox = targets.sandbox(forward.sandboxId());
        if (!sandbox.isReady()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION, forward.action(), "the sandbox is " + sandbox.state());
        }
        return new StreamRequest.PortForward(sandbox.id(), forward.ports());
    }
}
