package io.gantry.pod.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.linux.NamespaceThread;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.SandboxMetadata;
import io.gantry.pod.config.SandboxSecurity;
import io.gantry.pod.config.SupplementalGroupsPolicy;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.namespace.PodNamespaces.Kind;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In a real network namespace. */
@Timeout(60)
class DialInPodTests {
    private final Syscalls syscalls = JnaSyscalls.instance();
    private final TestDirectories directories = TestDirectories.create();
    private final PodNamespaces namespaces = new PodNamespaces(
            new PodPaths(directories.root().resolve("root"), directories.root().resolve("state")),
            new Mounts(syscalls));
    private final DialInPod dial = new DialInPod(namespaces, syscalls);

    @BeforeEach
    void makeNamespace() throws Exception {
        Privileges.assumeRoot();
        String busybox = Privileges.assumeProgram("busybox");
        Path ready = directories.root().resolve("ready");
        try (RunningProcess holder = SpawnProcessRunner.shared()
                .start(Command.of(
                        Privileges.assumeProgram("unshare"),
                        "--net",
                        busybox,
                        "sh",
                        "-c",
                        "busybox ip link set lo up && touch " + ready + " && exec sleep 1000"))) {
            while (!Files.exists(ready)) {
                assertThat(holder.exited())
                        .as("process that holds the namespace")
                        .isNotDone();
                Thread.sleep(5);
            }
            namespaces.pin("s1", holder.pid(), Set.of(Kind.NET));
            holder.killGroup();
        }
    }

    @AfterEach
    void remove() {
        namespaces.unpin("s1");
        directories.close();
    }

    private static PodSandbox sandbox(NamespaceMode network, SandboxState state) {
        PodSandboxConfig config = new PodSandboxConfig(
                new SandboxMetadata("web", "uid", "default", 0),
                "",
                "",
                null,
                List.of(),
                Map.of(),
                Map.of(),
                "",
                new SandboxSecurity(
                        new NamespaceOptions(network, NamespaceMode.CONTAINER, NamespaceMode.POD, "", null),
                        null,
                        null,
                        null,
                        false,
                        List.of(),
                        SupplementalGroupsPolicy.MERGE,
                        false,
                        null,
                        null),
                Map.of(),
                null,
                null);
        return new PodSandbox(
                "s1", config, "", "runc", state, Instant.EPOCH, "web", null, "boot", List.of(), false, "/s1", "");
    }

    private ServerSocket listenInside(String address) throws InterruptedException {
        return NamespaceThread.run(
                List.of(namespaces.path("s1", Kind.NET)),
                () -> new ServerSocket(0, 10, InetAddress.ofLiteral(address)));
    }

    private void talksTo(ServerSocket server, PodSandbox sandbox) throws Exception {
        try (Fd client = dial.execute(sandbox, server.getLocalPort());
                var inPod = server.accept()) {
            inPod.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
            assertThat(syscalls.poll(client.number(), LinuxConstants.EPOLLIN, 30_000))
                    .isNotZero();
            byte[] buffer = new byte[10];
            assertThat(syscalls.read(client.number(), buffer, 0, buffer.length)).isEqualTo(5);
        }
    }

    @Test
    void findsProgramsThatListenOnEitherLoopbackOfThePod() throws Exception {
        for (String address : new String[] {"127.0.0.1", "::1"}) {
            try (ServerSocket server = listenInside(address)) {
                talksTo(server, sandbox(NamespaceMode.POD, SandboxState.READY));
                assertThatThrownBy(() ->
                                dial.execute(sandbox(NamespaceMode.NODE, SandboxState.READY), server.getLocalPort()))
                        .as("the host's own loopback")
                        .isInstanceOf(GantryException.class);
            }
        }
    }

    @Test
    void aPodOfTheHostsNetworkHasTheHostsLoopback() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 10, InetAddress.ofLiteral("127.0.0.1"))) {
            talksTo(server, sandbox(NamespaceMode.NODE, SandboxState.READY));
        }
    }

    @Test
    void whereNothingListensBothAddressesAreNamed() {
        assertThatThrownBy(() -> dial.execute(sandbox(NamespaceMode.POD, SandboxState.READY), 81))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNAVAILABLE))
                .hasMessageContaining("forward port 81 of pod sandbox s1")
                .hasMessageContaining("127.0.0.1: connection refused, [::1]: connection refused")
                .hasMessageContaining("listen on that port");
    }

    @Test
    void onlyPortsOfReadySandboxes() {
        assertThatThrownBy(() -> dial.execute(sandbox(NamespaceMode.POD, SandboxState.READY), 65536))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT));
        assertThatThrownBy(() -> dial.execute(sandbox(NamespaceMode.POD, SandboxState.STOPPED), 80))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION));
    }
}
