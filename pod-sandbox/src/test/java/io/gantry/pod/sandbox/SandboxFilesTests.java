package io.gantry.pod.sandbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.config.DnsConfig;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.testing.Samples;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SandboxFilesTests {
    private final TestDirectories directories = TestDirectories.create();
    private final PodPaths paths = new PodPaths(directories.dir("root"), directories.dir("state"));
    private final Mounts mounts = new Mounts(JnaSyscalls.instance());
    private final SandboxFiles files = new SandboxFiles(paths, mounts);

    @AfterEach
    void close() {
        directories.close();
    }

    private static PodSandboxConfig config(NamespaceMode ipc, @Nullable DnsConfig dns, String logs) {
        PodSandboxConfig plain = Samples.sandboxConfig(
                "pod", new NamespaceOptions(NamespaceMode.POD, NamespaceMode.CONTAINER, ipc, "", null));
        return new PodSandboxConfig(
                plain.metadata(),
                "",
                logs,
                dns,
                List.of(),
                plain.labels(),
                plain.annotations(),
                "",
                plain.security(),
                plain.sysctls(),
                null,
                null);
    }

    @Test
    void theFilesOfAPod() throws Exception {
        files.createDirectory("s");
        files.write(
                "s",
                config(
                        NamespaceMode.NODE,
                        new DnsConfig(List.of("10.0.0.10", "10.0.0.11"), List.of("a.local", "b"), List.of("ndots:5")),
                        ""),
                "web");

        assertThat(Files.readString(paths.resolvConf("s"))).isEqualTo("""
                search a.local b
                nameserver 10.0.0.10
                nameserver 10.0.0.11
                options ndots:5
                """);
        assertThat(Files.readString(paths.hostname("s"))).isEqualTo("web\n");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(paths.resolvConf("s"))))
                .isEqualTo("rw-r--r--");
        assertThat(paths.shm("s")).doesNotExist();
        files.remove("s");
        files.remove("s");
        assertThat(paths.sandboxes()).isEmptyDirectory();
    }

    @Test
    void withoutDnsTheHostsIsUsed() throws Exception {
        files.createDirectory("s");
        files.write("s", config(NamespaceMode.NODE, new DnsConfig(List.of(), List.of(), List.of()), ""), "web");
        Path host = Path.of("/etc/resolv.conf");
        assertThat(Files.readString(paths.resolvConf("s"))).isEqualTo(Files.exists(host) ? Files.readString(host) : "");
    }

    @Test
    void sharedMemoryIsOfThePodAlone() {
        Privileges.assumeRoot();
        files.createDirectory("s");
        files.write("s", config(NamespaceMode.POD, null, ""), "web");
        assertThat(mounts.isMountPoint(paths.shm("s"))).isTrue();

        files.remove("s");

        assertThat(mounts.under(directories.root())).isEmpty();
        assertThat(paths.sandboxes()).isEmptyDirectory();
    }

    @Test
    void logDirectories() throws IOException {
        Path logs = directories.root().resolve("logs/a/b");
        files.createLogDirectory(config(NamespaceMode.POD, null, logs.toString()));
        files.createLogDirectory(config(NamespaceMode.POD, null, logs.toString()));
        files.createLogDirectory(config(NamespaceMode.POD, null, ""));
        assertThat(logs).isEmptyDirectory();
        Path file = directories.file("file", "");
        assertThatThrownBy(() -> files.createLogDirectory(config(NamespaceMode.POD, null, file + "/logs")))
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("create log directory " + file + "/logs");
    }
}
