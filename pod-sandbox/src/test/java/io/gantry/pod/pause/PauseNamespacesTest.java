package io.gantry.pod.pause;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.NamespaceThread;
import io.gantry.platform.linux.ProcessIdentity;
import java.io.IOException;
import java.net.NetworkInterface;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which namespaces a pause process has, and what is set in them. */
class PauseNamespacesTest {
    private PauseFixture fixture;

    @BeforeEach
    void open() {
        fixture = PauseFixture.open();
    }

    @AfterEach
    void close() {
        if (fixture != null) {
            fixture.close();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"net", "ipc", "uts", "pid", "none"})
    void onlyTheNamespaceAskedForIsNew(String asked) throws Exception {
        List<String> options = new ArrayList<>();
        for (String kind : List.of("net", "ipc", "uts", "pid")) {
            options.addAll(List.of("--" + kind, kind.equals(asked) ? "new" : "host"));
        }

        ProcessIdentity pause = fixture.start(fixture.argv(options));

        for (String kind : List.of("net", "ipc", "uts", "pid")) {
            if (kind.equals(asked)) {
                assertThat(namespace(pause, kind)).isNotEqualTo(ownNamespace(kind));
            } else {
                assertThat(namespace(pause, kind)).isEqualTo(ownNamespace(kind));
            }
        }
        assertThat(namespace(pause, "user")).isEqualTo(ownNamespace("user"));
        assertThat(namespace(pause, "cgroup")).isEqualTo(ownNamespace("cgroup"));
        assertThat(namespace(pause, "mnt")).isNotEqualTo(ownNamespace("mnt"));
    }

    @Test
    void allNamespacesAreNewTogetherAndTheProcessIsTheFirstOfItsPidNamespace() throws Exception {
        ProcessIdentity pause = fixture.start(fixture.allNew());

        for (String kind : List.of("net", "ipc", "uts", "pid", "mnt")) {
            assertThat(namespace(pause, kind)).as(kind).isNotEqualTo(ownNamespace(kind));
        }
        assertThat(PauseFixture.status(pause, "NSpid")).isEqualTo(pause.pid() + "\t1");
    }

    @Test
    void hostnameIsSetInThePodOnly() throws Exception {
        String before = PauseFixture.read("/proc/sys/kernel/hostname");
        String longest = "a".repeat(64);

        ProcessIdentity pause = fixture.start(fixture.allNew("--hostname", longest));

        assertThat(inside(pause, "uts", "/proc/sys/kernel/hostname")).isEqualTo(longest + "\n");
        assertThat(PauseFixture.read("/proc/sys/kernel/hostname")).isEqualTo(before);
    }

    @Test
    void sysctlsAreSetInThePodOnlyInEitherNotation() throws Exception {
        String port = "/proc/sys/net/ipv4/ip_unprivileged_port_start";
        String forward = "/proc/sys/net/ipv4/conf/lo/forwarding";
        String segments = "/proc/sys/kernel/shmmni";
        String messages = "/proc/sys/fs/mqueue/msg_max";
        List<String> before = List.of(
                PauseFixture.read(port),
                PauseFixture.read(forward),
                PauseFixture.read(segments),
                PauseFixture.read(messages));

        ProcessIdentity pause = fixture.start(fixture.allNew(
                "--sysctl", "net.ipv4.ip_unprivileged_port_start=17",
                "--sysctl", "net/ipv4/conf/lo/forwarding=1",
                "--sysctl", "kernel.shmmni=1234",
                "--sysctl", "fs.mqueue.msg_max=21",
                "--sysctl", "kernel.domainname=pod.example"));

        assertThat(inside(pause, "net", port)).isEqualTo("17\n");
        assertThat(inside(pause, "net", forward)).isEqualTo("1\n");
        assertThat(inside(pause, "ipc", segments)).isEqualTo("1234\n");
        assertThat(inside(pause, "ipc", messages)).isEqualTo("21\n");
        assertThat(inside(pause, "uts", "/proc/sys/kernel/domainname")).isEqualTo("pod.example\n");
        assertThat(List.of(
                        PauseFixture.read(port),
                        PauseFixture.read(forward),
                        PauseFixture.read(segments),
                        PauseFixture.read(messages)))
                .isEqualTo(before);
    }

    @Test
    void loopbackIsUp() throws Exception {
        ProcessIdentity pause = fixture.start(fixture.allNew());

        boolean up = NamespaceThread.run(
                List.of(Path.of("/proc/" + pause.pid() + "/ns/net")),
                () -> NetworkInterface.getByName("lo").isUp());
        assertThat(up).isTrue();
        assertThat(PauseFixture.read("/proc/" + pause.pid() + "/net/fib_trie")).contains("127.0.0.1");
    }

    @Test
    void userNamespaceHasTheMappingsAndTheProcessIsItsRoot() throws Exception {
        ProcessIdentity pause = fixture.start(fixture.allNew(
                "--uid-map", "0 200000 1000",
                "--uid-map", "5000 300000 10",
                "--gid-map", "0 400000 2000",
                "--hostname", "mapped",
                "--sysctl", "net.ipv4.ip_unprivileged_port_start=0"));

        assertThat(namespace(pause, "user")).isNotEqualTo(ownNamespace("user"));
        assertThat(numbers("/proc/" + pause.pid() + "/uid_map")).containsExactly("0 200000 1000", "5000 300000 10");
        assertThat(numbers("/proc/" + pause.pid() + "/gid_map")).containsExactly("0 400000 2000");
        assertThat(PauseFixture.status(pause, "Uid").split("\t", -1)).containsOnly("200000");
        assertThat(PauseFixture.status(pause, "Gid").split("\t", -1)).containsOnly("400000");
        assertThat(PauseFixture.status(pause, "Groups")).isEmpty();
        assertThat(PauseFixture.status(pause, "CapBnd")).isEqualTo("0000000000000000");
        assertThat(inside(pause, "uts", "/proc/sys/kernel/hostname")).isEqualTo("mapped\n");
        assertThat(inside(pause, "net", "/proc/sys/net/ipv4/ip_unprivileged_port_start"))
                .isEqualTo("0\n");
        assertThat(PauseFixture.read("/proc/" + pause.pid() + "/net/fib_trie")).contains("127.0.0.1");
    }

    private static List<String> numbers(String file) {
        return PauseFixture.read(file)
                .lines()
                .map(line -> line.strip().replaceAll(" +", " "))
                .toList();
    }

    private static String namespace(ProcessIdentity process, String kind) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/ns/" + kind))
                .toString();
    }

    private static String ownNamespace(String kind) throws IOException {
        return Files.readSymbolicLink(Path.of("/proc/self/ns/" + kind)).toString();
    }

    private static String inside(ProcessIdentity process, String kind, String file) throws InterruptedException {
        return NamespaceThread.run(
                List.of(Path.of("/proc/" + process.pid() + "/ns/" + kind)), () -> PauseFixture.read(file));
    }
}
