package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class NamespaceThreadTests {
    private static final Path OWN_NET = Path.of("/proc/thread-self/ns/net");

    @BeforeEach
    void needsRoot() {
        Privileges.assumeRoot();
        Privileges.assumeProgram("unshare");
    }

    /** A process in namespaces of its own; it says so once it is there. */
    private static RunningProcess inOwnNamespaces(TestDirectories directories, String flags) throws Exception {
        Path ready = directories.root().resolve("ready");
        RunningProcess process = SpawnProcessRunner.shared()
                .start(Command.of("unshare", flags, "sh", "-c", "touch " + ready + "; exec sleep 1000"));
        while (!Files.exists(ready)) {
            Thread.sleep(5);
        }
        return process;
    }

    private static Path namespace(RunningProcess process, String name) {
        return Path.of("/proc/" + process.pid() + "/ns/" + name);
    }

    @Test
    void runsInsideAndComesBack() throws Exception {
        Path before = Files.readSymbolicLink(OWN_NET);
        try (TestDirectories directories = TestDirectories.create();
                RunningProcess process = inOwnNamespaces(directories, "-nu")) {
            try {
                Path net = namespace(process, "net");
                Path seen = NamespaceThread.run(
                        List.of(net, namespace(process, "uts")), () -> Files.readSymbolicLink(OWN_NET));

                assertThat(seen).isEqualTo(Files.readSymbolicLink(net)).isNotEqualTo(before);
                assertThat(Files.readSymbolicLink(OWN_NET)).isEqualTo(before);
                assertThat(namespacesOfThreads()).containsOnly(before.toString());
            } finally {
                process.killGroup();
            }
        }
    }

    @Test
    void childrenStartedInsideLiveThere() throws Exception {
        try (TestDirectories directories = TestDirectories.create();
                RunningProcess process = inOwnNamespaces(directories, "-n")) {
            try {
                Path net = namespace(process, "net");
                String seen = NamespaceThread.run(
                        List.of(net),
                        () -> SpawnProcessRunner.shared()
                                .run(Command.of("readlink", "/proc/self/ns/net"), Deadline.NONE)
                                .stdoutText());
                assertThat(seen.strip()).isEqualTo(Files.readSymbolicLink(net).toString());
            } finally {
                process.killGroup();
            }
        }
    }

    @Test
    void entersAMountNamespace() throws Exception {
        try (TestDirectories directories = TestDirectories.create()) {
            Path hidden = directories.dir("hidden");
            Path ready = directories.root().resolve("ready");
            try (RunningProcess process = SpawnProcessRunner.shared()
                    .start(Command.of(
                            "unshare",
                            "-m",
                            "sh",
                            "-c",
                            "mount -t tmpfs none " + hidden + " && touch " + hidden + "/inside " + ready
                                    + "; exec sleep 1000"))) {
                try {
                    while (!Files.exists(ready)) {
                        Thread.sleep(5);
                    }
                    boolean seen = NamespaceThread.run(
                            List.of(namespace(process, "mnt")), () -> Files.exists(hidden.resolve("inside")));
                    assertThat(seen).isTrue();
                    assertThat(hidden.resolve("inside")).doesNotExist();
                } finally {
                    process.killGroup();
                }
            }
        }
    }

    @Test
    void saysWhichNamespaceIsMissing() {
        assertThatThrownBy(() -> NamespaceThread.run(List.of(Path.of("/no/such/ns")), () -> "never"))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
                .hasMessageStartingWith("enter namespace /no/such/ns");
        assertThatThrownBy(() -> NamespaceThread.run(List.of(Path.of("/proc/self/status")), () -> "never"))
                .isInstanceOf(GantryException.class)
                .hasMessageStartingWith("enter namespace /proc/self/status");
    }

    @Test
    void passesFailuresOn() {
        assertThatThrownBy(() -> NamespaceThread.run(List.of(OWN_NET), () -> {
                    throw new IllegalStateException("mine");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("mine");
        assertThatThrownBy(() -> NamespaceThread.run(List.of(OWN_NET), () -> {
                    throw new IOException("checked");
                }))
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("checked");
    }

    @Test
    void anInterruptReachesTheWork() throws Exception {
        CountDownLatch inside = new CountDownLatch(1);
        CompletableFuture<Throwable> outcome = new CompletableFuture<>();
        Thread caller = Thread.ofVirtual().start(() -> {
            try {
                NamespaceThread.run(List.of(OWN_NET), () -> {
                    inside.countDown();
                    Thread.sleep(100_000);
                    return "never";
                });
                outcome.complete(new AssertionError("not interrupted"));
            } catch (Throwable e) {
                outcome.complete(e);
            }
        });
        inside.await();
        caller.interrupt();
        assertThat(outcome.get(20, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
    }

    private static List<String> namespacesOfThreads() throws IOException {
        try (var tasks = Files.list(Path.of("/proc/self/task"))) {
            return tasks.map(task -> {
                        try {
                            return Files.readSymbolicLink(task.resolve("ns/net"))
                                    .toString();
                        } catch (IOException e) {
                            return "";
                        }
                    })
                    .filter(link -> !link.isEmpty())
                    .distinct()
                    .toList();
        }
    }
}
