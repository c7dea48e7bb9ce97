package io.gantry.cri.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.v1.AuthConfig;
import io.gantry.cri.v1.ImageServiceGrpc;
import io.gantry.cri.v1.ImageSpec;
import io.gantry.cri.v1.ListPodSandboxRequest;
import io.gantry.cri.v1.ListPodSandboxResponse;
import io.gantry.cri.v1.PodSandboxConfig;
import io.gantry.cri.v1.PodSandboxMetadata;
import io.gantry.cri.v1.PullImageRequest;
import io.gantry.cri.v1.PullImageResponse;
import io.gantry.cri.v1.RunPodSandboxRequest;
import io.gantry.cri.v1.RunPodSandboxResponse;
import io.gantry.cri.v1.RuntimeServiceGrpc;
import io.gantry.cri.v1.StopPodSandboxRequest;
import io.gantry.cri.v1.StopPodSandboxResponse;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;

class CallLogTests {
    private final TestServer test = new TestServer();
    private final Logger logger = Logger.getLogger("io.gantry.cri.Call");
    private final BlockingQueue<LogRecord> lines = new LinkedBlockingQueue<>();
    private final BlockingQueue<String> contexts = new LinkedBlockingQueue<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            lines.add(record);
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void listen() {
        logger.addHandler(handler);
        logger.setUseParentHandlers(false);
        test.serving(new Runtime(), new Images());
    }

    @AfterEach
    void close() {
        test.close();
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }

    private final class Runtime extends RuntimeServiceGrpc.RuntimeServiceImplBase {
        @Override
        public void runPodSandbox(RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> client) {
            contexts.add(String.valueOf(MDC.get("call")));
            Calls.answer(
                    client,
                    () -> RunPodSandboxResponse.newBuilder()
                            .setPodSandboxId("3f2a")
                            .build());
        }

        @Override
        public void stopPodSandbox(StopPodSandboxRequest request, StreamObserver<StopPodSandboxResponse> client) {
            Calls.answer(client, () -> {
                throw GantryException.of(ErrorKind.UNAVAILABLE, "detach 3f2a", "plugin \"bridge\" was killed");
            });
        }

        @Override
        public void listPodSandbox(ListPodSandboxRequest request, StreamObserver<ListPodSandboxResponse> client) {
            Calls.answer(client, ListPodSandboxResponse::getDefaultInstance);
        }
    }

    private static final class Images extends ImageServiceGrpc.ImageServiceImplBase {
        @Override
        public void pullImage(PullImageRequest request, StreamObserver<PullImageResponse> client) {
            Calls.answer(
                    client,
                    () -> PullImageResponse.newBuilder().setImageRef("sha256:1").build());
        }
    }

    private LogRecord line() throws InterruptedException {
        LogRecord line = lines.poll(30, TimeUnit.SECONDS);
        assertThat(line).isNotNull();
        return line;
    }

    @Test
    void aCallHasOneLineWithIdDurationOutcomeSubjectAndSizes() throws Exception {
        var unused = test.runtime()
                .runPodSandbox(RunPodSandboxRequest.newBuilder()
                        .setConfig(PodSandboxConfig.newBuilder()
                                .setMetadata(PodSandboxMetadata.newBuilder()
                                        .setName("web")
                                        .setNamespace("default")))
                        .build());

        LogRecord line = line();

        assertThat(line.getLevel()).isEqualTo(Level.INFO);
        assertThat(line.getMessage())
                .matches(
                        "call: call=\\w+ method=RunPodSandbox duration_ms=[0-9.]+ status=OK pod=default/web sandbox=3f2a"
                                + " request_bytes=18 response_bytes=6");
        assertThat(line.getMessage()).contains("call=" + contexts.poll(30, TimeUnit.SECONDS) + " ");
        assertThat(lines).isEmpty();
    }

    @Test
    void aFailureHasItsText() throws Exception {
        Assertions.assertThatThrownBy(() -> test.runtime()
                .stopPodSandbox(StopPodSandboxRequest.newBuilder()
                        .setPodSandboxId("3f2a")
                        .build()));

        assertThat(line().getMessage())
                .contains("status=UNAVAILABLE sandbox=3f2a")
                .endsWith("error=\"detach 3f2a: plugin \\\"bridge\\\" was killed\"");
    }

    @Test
    void secretsAreNotInIt() throws Exception {
        var unused = test.images()
                .pullImage(PullImageRequest.newBuilder()
                        .setImage(ImageSpec.newBuilder().setImage("registry.example/app:1"))
                        .setAuth(AuthConfig.newBuilder().setUsername("anna").setPassword("pass-word"))
                        .build());

        assertThat(line().getMessage())
                .contains("image=registry.example/app:1")
                .doesNotContain("anna")
                .doesNotContain("pass-word");
    }

    @Test
    void callsThatOnlyLookAreQuiet() throws Exception {
        var unused = test.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance());
        unused = test.runtime().listPodSandbox(ListPodSandboxRequest.getDefaultInstance());
        var run = test.runtime().runPodSandbox(RunPodSandboxRequest.getDefaultInstance());

        List<LogRecord> first = List.of(line());

        assertThat(first).allMatch(line -> line.getMessage().contains("RunPodSandbox"));
        assertThat(run.getPodSandboxId()).isEqualTo("3f2a");
    }
}
