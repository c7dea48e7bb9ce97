package io.gantry.cri.streaming.session;

import java.util.List;

/** What a URL stands for. */
public sealed interface StreamRequest {
    /** First part of the URL's path: {@code exec}. */
    String kind();

    /** What it is for, in errors and in the log: {@code "exec in container 3f2a"}. */
    String action();

    /** A request whose client joins the streams of a process. */
    sealed interface Command extends StreamRequest {
        Streams streams();
    }

    /**
     * The streams that a client wants.
     *
     * @param tty whether they are a terminal: one output and a size
     */
    record Streams(boolean stdin, boolean stdout, boolean stderr, boolean tty) {}

    /** A command in a running container. */
    record Exec(String containerId, List<String> command, Streams streams) implements Command {
        public Exec {
            command = List.copyOf(command);
        }

        @Override
        public String kind() {
            return "exec";
        }

        @Override
        public String action() {
            return "exec in container " + containerId;
        }
    }

    /** The streams of the container's own process. */
    record Attach(String containerId, Streams streams) implements Command {
        @Override
        public String kind() {
            return "attach";
        }

        @Override
        public String action() {
            return "attach to container " + containerId;
        }
    }

    /**
     * Ports of a pod.
     *
     * @param ports those that a WebSocket client gets a channel for, and the only ones that a SPDY client, which names them
     *     itself, may name; empty: any
     */
    record PortForward(String sandboxId, List<Integer> ports) implements StreamRequest {
        public PortForward {
            ports = List.copyOf(ports);
        }

        @Override
        public String kind() {
            return "portforward";
        }

        @Override
        public String action() {
            return "forward ports of pod sandbox " + sandboxId;
        }
    }
}
