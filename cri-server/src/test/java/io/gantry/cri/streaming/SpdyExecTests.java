package io.gantry.cri.streaming;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.cri.streaming.session.StreamRequest.Streams;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class SpdyExecTests extends ServerFixture {
    private static final String V4 = "v4.channel.k8s.io";

    @Test
    void outputErrorsAndExitCodeArriveEachOnItsStream() throws Exception {
        try (SpdyClient client = SpdyClient.connect(exec("echo out; echo err >&2; exit 7"), "v5.channel.k8s.io", V4)) {
            int error = client.openType("error");
            int stdin = client.openType("stdin");
            int stdout = client.openType("stdout");
            int stderr = client.openType("stderr");
            client.awaitReply(stdin);

            assertThat(client.awaitEnd(stdout)).isEqualTo("out\n");
            assertThat(client.awaitEnd(stderr)).isEqualTo("err\n");
            assertThat(client.awaitEnd(error))
                    .isEqualTo(
                            "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated with non-zero exit code:"
                                    + " exit status 7\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":\"ExitCode\","
                                    + "\"message\":\"7\"}]}}");
            client.awaitClose();
        }
        await("command closed", () -> targets.execs().getFirst().isClosed());
    }

    @Test
    void inputEndsWhenItsStreamIsHalfClosed() throws Exception {
        try (SpdyClient client = SpdyClient.connect(exec("cat; echo end"), V4)) {
            int error = client.openType("error");
            int stdin = client.openType("stdin");
            int stdout = client.openType("stdout");
            client.openType("stderr");
            client.send(stdin, "hello\n");
            client.awaitText(stdout, "hello\n");
            client.end(stdin);

            assertThat(client.awaitEnd(stdout)).isEqualTo("hello\nend\n");
            assertThat(client.awaitEnd(error)).contains("\"status\":\"Success\"");
        }
    }

    @Test
    void inputThatComesBeforeTheLastStreamIsNotLost() throws Exception {
        try (SpdyClient client = SpdyClient.connect(exec("cat"), V4)) {
            client.openType("error");
            int stdin = client.openType("stdin");
            client.send(stdin, "early");
            client.end(stdin);
            int stdout = client.openType("stdout");
            client.openType("stderr");

            assertThat(client.awaitEnd(stdout)).isEqualTo("early");
        }
    }

    @Test
    void olderVersionsGetTextAndNothingOnSuccess() throws Exception {
        for (String version : List.of("v3.channel.k8s.io", "v2.channel.k8s.io", "channel.k8s.io")) {
            try (SpdyClient client =
                    SpdyClient.connect(exec("exit 3", new Streams(false, true, false, false)), version)) {
                int error = client.openType("error");
                client.openType("stdout");
                assertThat(client.awaitEnd(error))
                        .isEqualTo("command terminated with non-zero exit code: exit status 3");
            }
        }
        try (SpdyClient client = SpdyClient.connect(exec("true", new Streams(false, true, false, false)))) {
            int error = client.openType("error");
            client.openType("stdout");
            assertThat(client.awaitEnd(error)).isEmpty();
        }
    }

    @Test
    void aTerminalHasTheSizeThatTheClientTellsAndEndsWithItsInput() throws Exception {
        String script = "stty size; read line; stty size; cat; echo over";
        try (SpdyClient client = SpdyClient.connect(exec(script, new Streams(true, true, false, true)), V4)) {
            int error = client.openType("error");
            int stdin = client.openType("stdin");
            int stdout = client.openType("stdout");
            int resize = client.openType("resize");
            client.awaitText(stdout, "0 0");
            client.send(resize, "{\"Width\":132,\"He");
            client.send(resize, "ight\":43}\n{\"Width\":-1,\"Height\":0}");
            client.ping(7);
            client.awaitPing(7);
            client.send(stdin, "\n");
            client.awaitText(stdout, "43 132");
            client.end(stdin);
            client.awaitText(stdout, "over");
            assertThat(client.awaitEnd(error)).contains("Success");
        }
    }

    @Test
    void aCommandThatCannotBeRunIsAnInternalError() throws Exception {
        String url = server.urlFor(
                new StreamRequest.Exec("c1", List.of("no-such-program"), new Streams(false, true, false, false)));
        try (SpdyClient client = SpdyClient.connect(url, V4)) {
            int error = client.openType("error");
            client.openType("stdout");
            assertThat(client.awaitEnd(error))
                    .contains("\"reason\":\"InternalError\"", "no-such-program: not found", "\"code\":500");
        }
    }

    @Test
    void theCommandDiesWithItsClient() throws Exception {
        SpdyClient client = SpdyClient.connect(exec("echo started; sleep 1000"), V4);
        client.openType("error");
        client.openType("stdin");
        int stdout = client.openType("stdout");
        client.openType("stderr");
        client.awaitText(stdout, "started");
        HostExec command = targets.execs().getFirst();
        assertThat(command.process().exited()).isNotDone();

        client.close();

        await("command killed", command::isClosed);
        await("connection forgotten", () -> server.connections() == 0);
        await("command ended", () -> command.process().exited().isDone());
    }

    @Test
    void aClientThatDoesNotReadMakesTheCommandWaitAndGetsAllInTheEnd() throws Exception {
        int size = 64 << 20;
        try (SpdyClient client = SpdyClient.connect(exec("head -c " + size + " /dev/zero"), V4)) {
            int error = client.openType("error");
            client.openType("stdin");
            int stdout = client.openType("stdout");
            client.openType("stderr");
            client.awaitText(stdout, "\0");
            Thread.sleep(500);
            assertThat(targets.execs().getFirst().process().exited()).isNotDone();

            client.awaitEnd(error);
            assertThat(client.length(stdout)).isEqualTo(size);
        }
    }

    @Test
    void inputThatIsNotReadIsHeldBackAndNotLost() throws Exception {
        int size = 16 << 20;
        try (SpdyClient client = SpdyClient.connect(exec("sleep 1; wc -c"), V4)) {
            client.openType("error");
            int stdin = client.openType("stdin");
            int stdout = client.openType("stdout");
            client.openType("stderr");
            byte[] piece = new byte[64 << 10];
            for (int sent = 0; sent < size; sent += piece.length) {
                client.send(stdin, piece);
            }
            client.end(stdin);
            assertThat(client.awaitEnd(stdout).strip()).isEqualTo(Integer.toString(size));
        }
    }

    @Test
    void aProcessThatStaysBehindDoesNotKeepTheClient() throws Exception {
        try (SpdyClient client = SpdyClient.connect(exec("sleep 1000 & echo parent"), V4)) {
            int error = client.openType("error");
            client.openType("stdin");
            int stdout = client.openType("stdout");
            client.openType("stderr");
            assertThat(client.awaitEnd(stdout)).isEqualTo("parent\n");
            assertThat(client.awaitEnd(error)).contains("Success");
        }
    }

    @Test
    void streamsThatWereNotAskedForAreRefused() throws Exception {
        try (SpdyClient client = SpdyClient.connect(exec("echo x", new Streams(false, true, false, false)), V4)) {
            int error = client.openType("error");
            client.awaitReset(client.openType("stdin"));
            client.awaitReset(client.openType("nonsense"));
            client.awaitReset(client.openType("error"));
            int stdout = client.openType("stdout");
            assertThat(client.awaitEnd(stdout)).isEqualTo("x\n");
            assertThat(client.awaitEnd(error)).contains("Success");
        }
    }
}
