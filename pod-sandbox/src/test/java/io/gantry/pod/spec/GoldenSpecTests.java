package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.storage.Json;
import io.gantry.pod.cdi.CdiSpecs;
import io.gantry.pod.config.ContainerDevice;
import io.gantry.pod.config.ContainerMount.Propagation;
import io.gantry.pod.config.KeyValue;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.LinuxResources.HugepageLimit;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.SecurityProfile;
import io.gantry.pod.config.SelinuxOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.node.ObjectNode;

/**
 * Whole specifications against files that are read in reviews. With {@code -Dgantry.golden.update=DIR} the files are
 * written to DIR instead.
 */
class GoldenSpecTests {
    @TempDir
    Path temp;

    private Path rootfs;
    private Path data;

    @BeforeEach
    void makeRootfs() throws IOException {
        rootfs = Files.createDirectories(temp.resolve("rootfs"));
        Files.createDirectory(rootfs.resolve("etc"));
        Files.writeString(
                rootfs.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001:Web:/home/web:/bin/sh\n");
        Files.writeString(rootfs.resolve("etc/group"), "root:x:0:\nweb:x:1001:\naudio:x:63:web,root\nvideo:x:64:web\n");
        data = Files.createDirectories(temp.resolve("data"));
    }

    @Test
    void plain() throws Exception {
        golden("plain", RequestFixture.HOST, request -> {});
    }

    @Test
    void plainOnCgroupV1() throws Exception {
        golden("plain-cgroup-v1", v1(), request -> {});
    }

    @Test
    void asKubeletAsks() throws Exception {
        golden("kubelet", RequestFixture.HOST, request -> {
            request.image = new ImageDefaults(
                    "web",
                    List.of("PATH=/opt/bin:/bin", "LANG=C"),
                    List.of("/entry"),
                    List.of("serve"),
                    "/srv",
                    Set.of("/var/lib/web"),
                    "SIGQUIT",
                    Map.of());
            request.command = List.of();
            request.args = List.of("--port", "80");
            request.environment = List.of(new KeyValue("LANG", "en"), new KeyValue("EMPTY", ""));
            request.mounts = List.of(
                    RequestFixture.mount("/srv/data/deep", data.toString(), true, Propagation.PRIVATE),
                    RequestFixture.mount("/etc/hosts", data.toString(), false, Propagation.PRIVATE));
            request.noNewPrivileges = true;
            request.readOnlyRootfs = true;
            request.dropCapabilities = List.of("ALL");
            request.addCapabilities = List.of("net_bind_service");
            request.supplementalGroups = List.of(2000L);
            request.maskedPaths = List.of("/proc/kcore", "/sys/firmware");
            request.readOnlyPaths = List.of("/proc/sys");
            request.imageVolumes = Map.of("/var/lib/web", Path.of("/run/gantry/c/volumes/1"));
            request.annotations = Map.of("io.kubernetes.container.hash", "af12", "org.systemd.property.User", "'root'");
            request.resources = new LinuxResources(
                    100_000,
                    50_000,
                    512,
                    64 << 20,
                    985,
                    "0-1",
                    "0",
                    List.of(new HugepageLimit("2MB", 0), new HugepageLimit("16GB", 0)),
                    Map.of("memory.high", "60000000", "memory.oom.group", "1"),
                    64 << 20);
        });
    }

    @Test
    void resourcesOnCgroupV1() throws Exception {
        golden(
                "resources-cgroup-v1",
                v1(),
                request -> request.resources = new LinuxResources(
                        100_000,
                        -1,
                        2,
                        64 << 20,
                        -998,
                        "",
                        "",
                        List.of(new HugepageLimit("2MB", 0)),
                        Map.of(),
                        64 << 20));
    }

    @Test
    void privileged() throws Exception {
        golden("privileged", RequestFixture.HOST, request -> {
            request.privileged = true;
            request.maskedPaths = List.of("/proc/kcore");
            request.seccomp = new SecurityProfile.RuntimeDefault();
        });
    }

    @Test
    void hostNamespaces() throws Exception {
        golden("host-namespaces", RequestFixture.HOST, request -> {
            request.paths = PodPaths.HOST;
            request.podNamespaces =
                    new NamespaceOptions(NamespaceMode.NODE, NamespaceMode.NODE, NamespaceMode.NODE, "", null);
            request.namespaces = request.podNamespaces;
            request.tty = true;
        });
    }

    @Test
    void sharedPidAndSelinux() throws Exception {
        HostLimits host = new HostLimits(
                true,
                Set.of("CAP_CHOWN", "CAP_KILL"),
                0,
                false,
                Set.of(),
                true,
                true,
                true,
                "gantry-default",
                true,
                "amd64");
        golden("shared-pid-selinux", host, request -> {
            request.podNamespaces =
                    new NamespaceOptions(NamespaceMode.POD, NamespaceMode.POD, NamespaceMode.POD, "", null);
            request.namespaces = request.podNamespaces;
            request.paths = new PodPaths(
                    Path.of("/ns/net"),
                    Path.of("/ns/ipc"),
                    Path.of("/ns/uts"),
                    Path.of("/ns/pid"),
                    null,
                    null,
                    null,
                    null);
            request.selinuxLevel = "s0:c1,c2";
            request.selinux = new SelinuxOptions("", "", "web_t", "");
            request.devices = List.of(new ContainerDevice("/dev/nothing", "/dev/null", "rw"));
            request.cgroupsPath = "kubepods.slice:gantry:c1";
        });
    }

    @Test
    void seccompDefault() throws Exception {
        golden(
                "seccomp-default",
                RequestFixture.HOST,
                request -> request.seccomp = new SecurityProfile.RuntimeDefault());
    }

    @Test
    void baseSpec() throws Exception {
        golden(
                "base-spec",
                RequestFixture.HOST,
                request -> request.baseSpec = (ObjectNode) Json.mapper().readTree("""
                                {"ociVersion": "1.1.0", "hostname": "gone", "hooks": {"poststop": [{"path": "/bin/true"}]},
                                 "process": {"rlimits": [{"type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024}]},
                                 "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"}],
                                 "annotations": {"base": "yes"},
                                 "linux": {"maskedPaths": ["/gone"],
                                           "resources": {"pids": {"limit": 100},
                                                         "devices": [{"allow": false, "access": "rwm"},
                                                                     {"allow": true, "type": "c", "major": 10, "minor": 229,
                                                                      "access": "rwm"}]}}}
                                """));
    }

    private static HostLimits v1() {
        HostLimits all = RequestFixture.HOST;
        return new HostLimits(
                false, all.boundingCapabilities(), 0, false, Set.of(), true, true, false, null, false, "amd64");
    }

    private void golden(String name, HostLimits host, Consumer<RequestFixture> change) throws Exception {
        RequestFixture fixture = new RequestFixture();
        fixture.rootfs = rootfs;
        change.accept(fixture);
        Path dev = Files.createDirectories(temp.resolve("dev"));
        OciSpec spec = new OciSpecBuilder(
                        host,
                        new RootfsFiles(JnaSyscalls.instance()),
                        new HostPaths(),
                        dev,
                        Path.of("/sys/kernel/security/apparmor/profiles"),
                        new CdiSpecs(List.of()),
                        DefaultRlimits.NONE)
                .build(fixture.request());
        ObjectNode document = Json.mapper().createObjectNode();
        document.set("spec", spec.json());
        document.set("user", Json.mapper().valueToTree(spec.user()));
        document.set("warnings", Json.mapper().valueToTree(spec.warnings()));
        String text = Json.mapper()
                        .writer()
                        .with(SerializationFeature.INDENT_OUTPUT)
                        .writeValueAsString(document)
                        .replace(temp.toRealPath().toString(), "${temp}")
                + "\n";
        String update = System.getProperty("gantry.golden.update");
        if (update != null) {
            Files.writeString(Path.of(update, name + ".json"), text);
            return;
        }
        try (InputStream in = getClass().getResourceAsStream("golden/" + name + ".json")) {
            assertThat(in).as("golden file %s.json", name).isNotNull();
            assertThat(Json.mapper().readTree(text)).isEqualTo(Json.mapper().readTree(in.readAllBytes()));
        }
    }
}
