package io.gantry.cri.translate;

import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.StreamRequest.Streams;
import io.gantry.cri.v1.AttachRequest;
import io.gantry.cri.v1.ExecRequest;
import io.gantry.cri.v1.PortForwardRequest;
import java.util.List;

/** Requests for URLs of the streaming server. */
public final class StreamingMessages {
    private StreamingMessages() {}

    public static StreamRequest exec(ExecRequest request) {
        Checks checks = new Checks("exec");
        List<String> command = List.copyOf(request.getCmdList());
        for (int i = 0; i < command.size(); i++) {
            checks.noZero(command.get(i), "cmd[" + i + "]");
        }
        return new StreamRequest.Exec(
                RequestIds.container(request.getContainerId(), "exec"),
                command,
                new Streams(request.getStdin(), request.getStdout(), request.getStderr(), request.getTty()));
    }

    public static StreamRequest attach(AttachRequest request) {
        return new StreamRequest.Attach(
                RequestIds.container(request.getContainerId(), "attach"),
                new Streams(request.getStdin(), request.getStdout(), request.getStderr(), request.getTty()));
    }

    public static StreamRequest portForward(PortForwardRequest request) {
        return new StreamRequest.PortForward(
                RequestIds.sandbox(request.getPodSandboxId(), "forward ports"), request.getPortList());
    }
}
