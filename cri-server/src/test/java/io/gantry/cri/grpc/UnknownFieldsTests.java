package io.gantry.cri.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.gantry.cri.v1.PodSandboxConfig;
import io.gantry.cri.v1.PortMapping;
import io.gantry.cri.v1.RunPodSandboxRequest;
import io.gantry.cri.v1.RunPodSandboxResponse;
import io.gantry.cri.v1.RuntimeServiceGrpc;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class UnknownFieldsTests {
    private static final UnknownFieldSet FROM_THE_FUTURE = UnknownFieldSet.newBuilder()
            .addField(
                    4711,
                    UnknownFieldSet.Field.newBuilder()
                            .addLengthDelimited(ByteString.copyFromUtf8("later"))
                            .build())
            .build();

    private final TestServer test = new TestServer();
    private final Logger logger = Logger.getLogger(UnknownFieldsInterceptor.class.getName());
    private final List<String> lines = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            lines.add(record.getMessage());
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
        test.serving(new RuntimeServiceGrpc.RuntimeServiceImplBase() {
            @Override
            public void runPodSandbox(RunPodSandboxRequest request, StreamObserver<RunPodSandboxResponse> client) {
                client.onNext(RunPodSandboxResponse.getDefaultInstance());
                client.onCompleted();
            }
        });
    }

    @AfterEach
    void close() {
        test.close();
        logger.removeHandler(handler);
        logger.setUseParentHandlers(true);
    }

    @Test
    void eachIsToldOnceWhereverItStands() {
        RunPodSandboxRequest request = RunPodSandboxRequest.newBuilder()
                .setUnknownFields(FROM_THE_FUTURE)
                .setConfig(PodSandboxConfig.newBuilder()
                        .putLabels("a", "b")
                        .addPortMappings(PortMapping.newBuilder().setHostPort(80))
                        .addPortMappings(PortMapping.newBuilder().setUnknownFields(FROM_THE_FUTURE)))
                .build();

        for (int i = 0; i < 3; i++) {
            assertThat(test.runtime().runPodSandbox(request)).isNotNull();
        }

        assertThat(lines)
                .containsExactly(
                        "a request has a field that this version does not know; it has no effect:"
                                + " field=RunPodSandboxRequest.4711",
                        "a request has a field that this version does not know; it has no effect:"
                                + " field=PortMapping.4711");
    }

    @Test
    void knownFieldsAreNoNews() {
        assertThat(test.runtime()
                        .runPodSandbox(RunPodSandboxRequest.newBuilder()
                                .setConfig(PodSandboxConfig.newBuilder().setHostname("web"))
                                .build()))
                .isNotNull();
        assertThat(lines).isEmpty();
    }
}
