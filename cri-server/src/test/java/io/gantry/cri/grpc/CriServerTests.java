package io.gantry.cri.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.common.util.concurrent.ListenableFuture;
import io.gantry.cri.v1.CheckpointPodRequest;
import io.gantry.cri.v1.ExecSyncRequest;
import io.gantry.cri.v1.ExecSyncResponse;
import io.gantry.cri.v1.RuntimeServiceGrpc;
import io.gantry.cri.v1.StartContainerRequest;
import io.gantry.cri.v1.StartContainerResponse;
import io.gantry.cri.v1.VersionRequest;
import io.gantry.cri.v1.VersionResponse;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.StreamObserver;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CriServerTests {
    private final TestServer test = new TestServer();

    @AfterEach
    void close() {
        test.close();
    }

    /** A service of which a test says what StartContainer does. */
    private static final class Service extends RuntimeServiceGrpc.RuntimeServiceImplBase {
        private final Calls.Body<StartContainerResponse> start;

        Service(Calls.Body<StartContainerResponse> start) {
            this.start = start;
        }

        @Override
        public void version(VersionRequest request, StreamObserver<VersionResponse> client) {
            Calls.answer(
                    client,
                    () -> VersionResponse.newBuilder()
                            .setVersion(request.getVersion())
                            .build());
        }

        @Override
        public void startContainer(StartContainerRequest request, StreamObserver<StartContainerResponse> client) {
            Calls.answer(client, start);
        }

        @Override
        public void execSync(ExecSyncRequest request, StreamObserver<ExecSyncResponse> client) {
            throw new IllegalStateException("endpoint without Calls");
        }
    }

    private static Service idle() {
        return new Service(StartContainerResponse::getDefaultInstance);
    }

    /** Blocks until it is interrupted, and tells when it begins and how it ended. */
    private static final class Blocking implements Calls.Body<StartContainerResponse> {
        private final CountDownLatch begun = new CountDownLatch(1);
        private final CompletableFuture<String> end = new CompletableFuture<>();

        @Override
        public StartContainerResponse run() throws InterruptedException {
            begun.countDown();
            try {
                Thread.sleep(Duration.ofMinutes(5));
                end.complete("slept");
            } catch (InterruptedException e) {
                end.complete("interrupted");
                throw e;
            }
            return StartContainerResponse.getDefaultInstance();
        }

        void awaitBegin() throws InterruptedException {
            assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
        }

        String end() throws Exception {
            return end.get(30, TimeUnit.SECONDS);
        }
    }

    private static Status statusOf(org.assertj.core.api.ThrowableAssert.ThrowingCallable call) {
        StatusRuntimeException thrown = (StatusRuntimeException) org.assertj.core.api.Assertions.catchThrowable(call);
        return thrown.getStatus();
    }

    @Test
    void answersOnASocketOfTheAskedMode() throws Exception {
        test.serving(idle());

        VersionResponse response = test.runtime()
                .version(VersionRequest.newBuilder().setVersion("0.1.0").build());

        assertThat(response.getVersion()).isEqualTo("0.1.0");
        assertThat(Files.getPosixFilePermissions(test.socket()))
                .isEqualTo(PosixFilePermissions.fromString("rw-rw----"));
        try (var entries = Files.list(test.socket().getParent())) {
            assertThat(entries).containsExactly(test.socket());
        }
    }

    @Test
    void callsThatAreNotThereAnswerUnimplementedWithTheirName() {
        test.serving(idle());

        Status status = statusOf(() -> test.runtime().checkpointPod(CheckpointPodRequest.getDefaultInstance()));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNIMPLEMENTED);
        assertThat(status.getDescription()).contains("CheckpointPod");
    }

    @Test
    void failuresHaveCodeAndText() {
        test.serving(new Service(() -> {
            throw GantryException.of(ErrorKind.FAILED_PRECONDITION, "start container 3f2a", "it is RUNNING");
        }));

        Status status = statusOf(() -> test.runtime().startContainer(StartContainerRequest.getDefaultInstance()));

        assertThat(status.getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
        assertThat(status.getDescription()).isEqualTo("start container 3f2a: it is RUNNING");
    }

    @Test
    void exceptionsOutsideOfCallsAreInternal() {
        test.serving(idle());

        Status status = statusOf(() -> test.runtime().execSync(ExecSyncRequest.getDefaultInstance()));

        assertThat(status.getCode()).isEqualTo(Status.Code.INTERNAL);
        assertThat(status.getDescription()).contains("endpoint without Calls");
    }

    @Test
    void everyCallHasAVirtualThreadOfItsOwn() {
        CompletableFuture<Thread> thread = new CompletableFuture<>();
        test.serving(new Service(() -> {
            thread.complete(Thread.currentThread());
            return StartContainerResponse.getDefaultInstance();
        }));

        var unused = test.runtime().startContainer(StartContainerRequest.getDefaultInstance());

        assertThat(thread.join().isVirtual()).isTrue();
    }

    @Test
    void cancellingInterruptsTheCall() throws Exception {
        Blocking body = new Blocking();
        test.serving(new Service(body));

        ListenableFuture<StartContainerResponse> call =
                test.runtimeFutures().startContainer(StartContainerRequest.getDefaultInstance());
        body.awaitBegin();
        call.cancel(true);

        assertThat(body.end()).isEqualTo("interrupted");
    }

    @Test
    void theDeadlineInterruptsTheCall() throws Exception {
        Blocking body = new Blocking();
        test.serving(new Service(body));

        Status status = statusOf(() -> test.runtime()
                .withDeadlineAfter(300, TimeUnit.MILLISECONDS)
                .startContainer(StartContainerRequest.getDefaultInstance()));

        assertThat(status.getCode()).isEqualTo(Status.Code.DEADLINE_EXCEEDED);
        assertThat(body.end()).isEqualTo("interrupted");
    }

    @Test
    void aClientThatGoesAwayInterruptsItsCalls() throws Exception {
        Blocking body = new Blocking();
        test.serving(new Service(body));

        var stub = test.runtimeFutures();
        ListenableFuture<StartContainerResponse> unused =
                stub.startContainer(StartContainerRequest.getDefaultInstance());
        body.awaitBegin();
        ((io.grpc.ManagedChannel) stub.getChannel()).shutdownNow();

        assertThat(body.end()).isEqualTo("interrupted");
    }

    @Test
    void refusesCallsBeforeItIsReady() {
        test.server(idle()).start();

        Status status = statusOf(() -> test.runtime().version(VersionRequest.getDefaultInstance()));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).isEqualTo("Version: gantry is still recovering its records; try again");
        test.readiness.ready();
        assertThat(test.runtime().version(VersionRequest.getDefaultInstance())).isNotNull();
    }

    @Test
    void refusesCallsWhileItStops() {
        test.serving(idle());
        test.readiness.stopping();

        Status status = statusOf(() -> test.runtime().version(VersionRequest.getDefaultInstance()));

        assertThat(status.getCode()).isEqualTo(Status.Code.UNAVAILABLE);
        assertThat(status.getDescription()).contains("is stopping");
    }

    @Test
    void takesMessagesUpToSixteenMebibytes() {
        test.serving(idle());
        String fits = "x".repeat(CriServer.MAX_MESSAGE_BYTES - 100);
        String tooLong = "x".repeat(CriServer.MAX_MESSAGE_BYTES + 100);

        VersionResponse response = test.runtime()
                .version(VersionRequest.newBuilder().setVersion(fits).build());
        Status status = statusOf(() -> test.runtime()
                .version(VersionRequest.newBuilder().setVersion(tooLong).build()));

        assertThat(response.getVersion()).hasSameSizeAs(fits);
        assertThat(status.getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    }

    @Test
    void refusesToStartWhereALiveServerAnswers() {
        test.serving(idle());

        assertThatThrownBy(() -> test.server(idle()).start())
                .isInstanceOf(GantryException.class)
                .hasMessage("listen on " + test.socket()
                        + ": another server answers there; stop it first, or set another path in api.socket");
        assertThat(test.runtime().version(VersionRequest.getDefaultInstance())).isNotNull();
    }

    @Test
    void replacesTheSocketOfAServerThatDied() throws Exception {
        Files.createDirectories(test.socket().getParent());
        ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        dead.bind(UnixDomainSocketAddress.of(test.socket()));
        dead.close();
        assertThat(test.socket()).exists();

        test.serving(idle());

        assertThat(test.runtime().version(VersionRequest.getDefaultInstance())).isNotNull();
    }

    @Test
    void leavesAFileThatIsNoSocketAlone() throws Exception {
        test.directories().file("run/cri.sock", "important");

        assertThatThrownBy(() -> test.server(idle()).start())
                .hasMessage("listen on " + test.socket()
                        + ": there is a file that is not a socket; move it away, or set another path in api.socket");
        assertThat(test.socket()).hasContent("important");
    }

    @Test
    void refusesAnUnknownOwnerAndLeavesNothing() throws Exception {
        CriServer server = new CriServer(
                test.socket(),
                new SocketAccess(0660, "nobody-of-this-name", ""),
                new io.netty.channel.MultiThreadIoEventLoopGroup(1, io.netty.channel.epoll.EpollIoHandler.newFactory()),
                test.readiness,
                java.util.List.of(idle()));

        assertThatThrownBy(server::start)
                .hasMessageContaining("no such user or group: nobody-of-this-name; correct api.owner or api.group");
        try (var entries = Files.list(test.socket().getParent())) {
            assertThat(entries).isEmpty();
        }
    }

    @Test
    void theSocketIsItsOwnersAndGroups() throws Exception {
        org.junit.jupiter.api.Assumptions.assumeTrue(
                ProcessHandle.current().info().user().orElse("").equals("root"), "needs root to give a file away");
        CriServer server = new CriServer(
                test.socket(),
                new SocketAccess(0660, "65534", "65533"),
                new io.netty.channel.MultiThreadIoEventLoopGroup(1, io.netty.channel.epoll.EpollIoHandler.newFactory()),
                test.readiness,
                java.util.List.of(idle()));
        server.start();
        try {
            assertThat(Files.getAttribute(test.socket(), "unix:uid")).isEqualTo(65534);
            assertThat(Files.getAttribute(test.socket(), "unix:gid")).isEqualTo(65533);
            assertThat((int) Files.getAttribute(test.socket(), "unix:mode") & 0777)
                    .isEqualTo(0660);
        } finally {
            server.stop(Duration.ofSeconds(5));
        }
    }

    @Test
    void refusesAPathThatIsTooLong() {
        CriServer server = new CriServer(
                test.socket().resolveSibling("x".repeat(120)),
                SocketAccess.OWNER_ONLY,
                new io.netty.channel.MultiThreadIoEventLoopGroup(1, io.netty.channel.epoll.EpollIoHandler.newFactory()),
                test.readiness,
                java.util.List.of(idle()));

        assertThatThrownBy(server::start).hasMessageContaining("the path is longer than 103 bytes");
    }

    @Test
    void removesItsSocketWhenItStops() {
        CriServer server = test.server(idle());
        test.readiness.ready();
        server.start();

        server.stop(Duration.ofSeconds(5));

        assertThat(test.socket()).doesNotExist();
    }

    @Test
    void leavesTheSocketOfItsSuccessor() throws Exception {
        CriServer server = test.server(idle());
        server.start();
        Files.delete(test.socket());
        try (ServerSocketChannel successor = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            successor.bind(UnixDomainSocketAddress.of(test.socket()));

            server.stop(Duration.ofSeconds(5));

            assertThat(test.socket()).exists();
        }
    }

    @Test
    void stoppingCutsOffCallsThatDoNotEnd() throws Exception {
        Blocking body = new Blocking();
        CriServer server = test.server(new Service(body));
        test.readiness.ready();
        server.start();
        ListenableFuture<StartContainerResponse> unused =
                test.runtimeFutures().startContainer(StartContainerRequest.getDefaultInstance());
        body.awaitBegin();

        server.stop(Duration.ofMillis(200));

        assertThat(body.end()).isEqualTo("interrupted");
    }
}
