package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerDevice;
import io.gantry.pod.config.ContainerMount;
import io.gantry.pod.config.ContainerSecurity;
import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.SandboxSecurity;
import io.gantry.pod.config.SupplementalGroupsPolicy;
import io.gantry.pod.config.UserNamespace;
import io.gantry.pod.runtime.HandlerInfo;
import io.gantry.pod.testing.PodBed;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Pods of a user namespace, on real parts. */
@Timeout(120)
class UserNamespaceTests {
    private static final int FIRST = 400_000;
    private static final List<IdMapping> IDS = List.of(new IdMapping(FIRST, 0, 65_536));

    private PodBed bed;

    @BeforeEach
    void setUp() throws Exception {
        bed = PodBed.createWithNewestRunc();
        // As the state directory of a node: root of a container is another user on the host.
        Files.setPosixFilePermissions(bed.state().resolveSibling("."), PosixFilePermissions.fromString("rwx--x--x"));
        Assumptions.assumeTrue(
                bed.pods().handlers().list().stream().anyMatch(HandlerInfo::userNamespaces),
                "needs Linux 5.19 and runc 1.2 or later");
    }

    @AfterEach
    void tearDown() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    private static NamespaceOptions namespaces(NamespaceMode network) {
        return new NamespaceOptions(
                network,
                NamespaceMode.CONTAINER,
                NamespaceMode.POD,
                "",
                new UserNamespace(NamespaceMode.POD, IDS, IDS));
    }

    private String run(String name, NamespaceMode network) throws InterruptedException {
        PodSandboxConfig plain = bed.sandbox(name);
        SandboxSecurity security = new SandboxSecurity(
                namespaces(network),
                null,
                null,
                null,
                false,
                List.of(),
                SupplementalGroupsPolicy.MERGE,
                false,
                null,
                null);
        PodSandboxConfig config = new PodSandboxConfig(
                plain.metadata(),
                plain.hostname(),
                plain.logDirectory(),
                null,
                List.of(),
                plain.labels(),
                plain.annotations(),
                plain.cgroupParent(),
                security,
                Map.of(),
                null,
                null);
        return bed.pods().sandboxes().run(config, "");
    }

    /** With one device of the host at another path. */
    private ContainerConfig container(NamespaceMode network, @Nullable Long user, ContainerMount... mounts) {
        ContainerConfig plain = bed.container("c", "sleep 1000");
        ContainerSecurity security = new ContainerSecurity(
                List.of(),
                List.of(),
                List.of(),
                false,
                namespaces(network),
                null,
                user,
                null,
                "",
                false,
                List.of(),
                SupplementalGroupsPolicy.MERGE,
                false,
                List.of(),
                List.of(),
                null,
                null);
        return new ContainerConfig(
                plain.metadata(),
                plain.image(),
                plain.command(),
                List.of(),
                "",
                List.of(),
                List.of(mounts),
                List.of(new ContainerDevice("/dev/numbers", "/dev/zero", "r")),
                plain.labels(),
                plain.annotations(),
                plain.logPath(),
                false,
                false,
                false,
                plain.resources(),
                security,
                List.of(),
                "");
    }

    private String start(String sandbox, ContainerConfig container) throws InterruptedException {
        String id = bed.pods().containers().create(sandbox, container, bed.sandbox("ignored"));
        bed.pods().containers().start(id);
        return id;
    }

    private String exec(String id, String script) throws InterruptedException {
        var result = bed.pods().containers().execSync(id, List.of("sh", "-c", script), Duration.ZERO);
        return new String(result.stdout(), java.nio.charset.StandardCharsets.UTF_8);
    }

    @Test
    void rootOfTheContainerOwnsItsFilesAndIsNobodyOnTheHost() throws Exception {
        String sandbox = run("userns", NamespaceMode.POD);
        String id = start(
                sandbox, container(NamespaceMode.POD, null, ImageVolumeTests.imageMount(PodBed.IMAGE, "/image", "")));

        assertThat(exec(id, "id -u; busybox stat -c %u / /bin /etc/resolv.conf /etc/hostname /dev/shm /image/bin"))
                .isEqualTo("0\n".repeat(7));
        assertThat(exec(id, "echo x >>/etc/resolv.conf && touch /new /dev/shm/new && echo done"))
                .isEqualTo("done\n");
        assertThat(exec(id, "busybox head -c 5 /dev/numbers | busybox wc -c")).isEqualTo("5\n");
        assertThat(exec(id, "busybox grep -cE ' (/dev/mqueue|/sys|/sys/fs/cgroup|/proc) ' /proc/mounts"))
                .matches("[4-9]\n");
        Path rootfs = bed.state().resolve("containers/" + id + "/rootfs");
        assertThat(Files.getAttribute(rootfs.resolve("new"), "unix:uid")).isEqualTo(FIRST);
        assertThat(Files.getAttribute(rootfs.resolve("bin/busybox"), "unix:uid"))
                .isEqualTo(FIRST);

        bed.restart();
        assertThat(exec(id, "id -u")).isEqualTo("0\n");
        bed.pods().sandboxes().remove(sandbox);
        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void volumesAreMappedAndTheHostsNetworkCanBeShared() throws Exception {
        Path volume = Files.createDirectory(bed.logs().resolve("volume"));
        String sandbox = run("hostnet", NamespaceMode.NODE);
        ContainerMount mount = new ContainerMount(
                "/data",
                volume.toString(),
                false,
                false,
                ContainerMount.Propagation.PRIVATE,
                IDS,
                IDS,
                false,
                null,
                "",
                List.of());
        String id = start(sandbox, container(NamespaceMode.NODE, null, mount));

        assertThat(exec(id, "touch /data/x && busybox stat -c %u /data/x")).isEqualTo("0\n");
        assertThat(Files.getAttribute(volume.resolve("x"), "unix:uid")).isEqualTo(0);
        assertThat(exec(id, "readlink /proc/self/ns/net || busybox readlink /proc/self/ns/net"))
                .isEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns/net")) + "\n");
        assertThat(exec(id, "ls /sys/class/net")).contains("lo");
        assertThat(exec(id, "busybox grep -c ' /dev/mqueue ' /proc/mounts")).isEqualTo("1\n");
        bed.pods().sandboxes().remove(sandbox);
        assertThat(bed.leftovers()).isEmpty();
    }

    @Test
    void anIdBeyondTheNamespaceIsRefused() throws Exception {
        String sandbox = run("ids", NamespaceMode.POD);
        assertThatThrownBy(() -> start(sandbox, container(NamespaceMode.POD, 70_000L)))
                .hasMessageContaining("user 70000 has no id in the user namespace of the pod");
        bed.pods().sandboxes().remove(sandbox);
        assertThat(bed.leftovers()).isEmpty();
    }
}
