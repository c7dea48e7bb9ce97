package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.pod.cdi.CdiSpecs;
import io.gantry.pod.config.ContainerDevice;
import io.gantry.pod.config.ContainerMount;
import io.gantry.pod.config.ContainerMount.Propagation;
import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.config.KeyValue;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.LinuxResources.HugepageLimit;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.SecurityProfile;
import io.gantry.pod.config.UserNamespace;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every request that cannot be served, with the exact text of its error. */
class BadRequestTests {
    private static final String ACTION = "create container web in pod default/shop: ";

    @TempDir
    Path rootfs;

    @BeforeEach
    void makeRootfs() throws IOException {
        Files.createDirectory(rootfs.resolve("etc"));
        Files.writeString(rootfs.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\n");
    }

    @Test
    void commands() {
        invalid(
                "no command specified: neither the container nor its image names one",
                request -> request.command = List.of());
        invalid("the command is an empty string", request -> request.command = List.of("", "x"));
        invalid("an argument of the command has a NUL byte in it", request -> request.command = List.of("sh", "a\0b"));
        invalid("the program's name is longer than 4095 bytes", request -> request.command = List.of("x".repeat(4096)));
        invalid(
                "the working directory is longer than 4095 bytes",
                request -> request.workingDirectory = "/" + "x".repeat(4095));
        invalid("working directory 'tmp' is not absolute", request -> request.workingDirectory = "tmp");
        invalid(
                "environment variable name 'A=B' is not valid: it is empty, or has '=' or a NUL byte in it",
                request -> request.environment = List.of(new KeyValue("A=B", "c")));
        invalid(
                "environment variable A has a NUL byte in its value",
                request -> request.environment = List.of(new KeyValue("A", "b\0")));
    }

    @Test
    void users() {
        invalid("run_as_group is given without run_as_user or run_as_username", request -> request.runAsGroup = 5L);
        invalid("run_as_user and run_as_username are both given; give one", request -> {
            request.runAsUser = 5L;
            request.runAsUserName = "root";
        });
        invalid("user 'nobody' is not in /etc/passwd of the image", request -> request.runAsUserName = "nobody");
        invalid(
                "group 'staff' is not in /etc/group of the image",
                request -> request.image = new ImageDefaults(
                        "root:staff", List.of(), List.of(), List.of(), "", java.util.Set.of(), "", Map.of()));
        invalid("run_as_user -1 is outside 0 to 4294967294", request -> request.runAsUser = -1L);
        invalid(
                "supplemental group 4294967295 is outside 0 to 4294967294",
                request -> request.supplementalGroups = List.of(4294967295L));
    }

    @Test
    void capabilities() {
        invalid("unknown capability 'CAP_FLY' to add", request -> request.addCapabilities = List.of("CAP_FLY"));
        invalid("unknown capability 'fly' to drop", request -> request.dropCapabilities = List.of("fly"));
    }

    @Test
    void mounts() {
        unmet(
                "mount source /nowhere/at/all does not exist; create it on the node, or give the volume the hostPath type"
                        + " DirectoryOrCreate or FileOrCreate",
                request -> request.mounts =
                        List.of(RequestFixture.mount("/data", "/nowhere/at/all", false, Propagation.PRIVATE)));
        invalid(
                "mount source 'data' is not absolute",
                request -> request.mounts = List.of(RequestFixture.mount("/data", "data", false, Propagation.PRIVATE)));
        invalid(
                "mount path 'data' is not absolute",
                request -> request.mounts = List.of(RequestFixture.mount("data", "/", false, Propagation.PRIVATE)));
        invalid(
                "mount path '/a/..' is the root of the container",
                request -> request.mounts = List.of(RequestFixture.mount("/a/..", "/", false, Propagation.PRIVATE)));
        invalid(
                "mount /data is recursively read-only but not read-only",
                request -> request.mounts = List.of(recursive(false, Propagation.PRIVATE)));
        invalid(
                "mount /data is recursively read-only with propagation HOST_TO_CONTAINER; only PRIVATE can be",
                request -> request.mounts = List.of(recursive(true, Propagation.HOST_TO_CONTAINER)));
        unmet(
                "runtime handler old does not support recursively read-only mounts on this node; use Linux 5.12 and runc 1.1"
                        + " or crun 1.4 or later, or mount /data read-only",
                request -> {
                    request.mounts = List.of(recursive(true, Propagation.PRIVATE));
                    request.handler = new HandlerFeatures("old", false, false, 0, List.of());
                });
        invalid(
                "mount option 'suidd' of /data is not supported; use noexec, nodev, nosuid",
                request -> request.mounts = List.of(new ContainerMount(
                        "/data",
                        "/",
                        true,
                        false,
                        Propagation.PRIVATE,
                        List.of(),
                        List.of(),
                        false,
                        null,
                        "",
                        List.of("suidd"))));
        unmet(
                "runtime handler runc does not support id-mapped mounts, which /data needs; use a runtime that does: runc 1.2,"
                        + " crun 1.9 or later",
                request -> request.mounts = List.of(new ContainerMount(
                        "/data",
                        "/",
                        true,
                        false,
                        Propagation.PRIVATE,
                        List.of(new IdMapping(1000, 0, 1)),
                        List.of(new IdMapping(1000, 0, 1)),
                        false,
                        null,
                        "",
                        List.of())));
    }

    @Test
    void imageMounts() {
        ImageSpec image = new ImageSpec("sha256:2", Map.of(), "", "", "");
        invalid(
                "image mount /data is not read-only; images cannot be written to",
                request -> request.mounts = List.of(new ContainerMount(
                        "/data",
                        "",
                        false,
                        false,
                        Propagation.PRIVATE,
                        List.of(),
                        List.of(),
                        false,
                        image,
                        "",
                        List.of())));
        unmet(
                "image mount /data is not prepared; mount no image in this container",
                request -> request.mounts = List.of(new ContainerMount(
                        "/data",
                        "",
                        true,
                        false,
                        Propagation.PRIVATE,
                        List.of(),
                        List.of(),
                        false,
                        image,
                        "",
                        List.of())));
    }

    @Test
    void devices() {
        unmet(
                "device /dev/none/such does not exist; see whether its driver is loaded",
                request -> request.devices = List.of(new ContainerDevice("/dev/x", "/dev/none/such", "rwm")));
        invalid(
                "/proc/version is not a device and holds none",
                request -> request.devices = List.of(new ContainerDevice("/dev/x", "/proc/version", "rwm")));
        invalid(
                "permissions 'rx' of device /dev/null are not made of r, w, m",
                request -> request.devices = List.of(new ContainerDevice("/dev/x", "/dev/null", "rx")));
        invalid(
                "device path 'x' is not absolute",
                request -> request.devices = List.of(new ContainerDevice("x", "/dev/null", "r")));
        unmet(
                "CDI device vendor.example/gpu=0 is unresolvable: no specification in [/none/cdi] describes it; see whether the"
                        + " device's driver or plugin runs on this node",
                request -> request.cdiDevices = List.of("vendor.example/gpu=0"));
        invalid(
                "\"gpu0\" is not a CDI device name of the form vendor.com/class=device",
                request -> request.annotations = Map.of("cdi.k8s.io/plugin_1", "gpu0"));
    }

    @Test
    void resources() {
        invalid(
                "memory limit of 1048576 bytes is below the minimum of 6291456 bytes with which runtime handler runc can start"
                        + " a container; raise resources.limits.memory to at least that",
                request -> request.resources = memory(1 << 20, 0));
        invalid(
                "the memory and swap limit of 8000000 bytes is below the memory limit of 9000000 bytes",
                request -> request.resources = memory(9_000_000, 8_000_000));
        invalid(
                "a memory and swap limit is given without a memory limit",
                request -> request.resources = memory(0, 8_000_000));
        invalid(
                "cpu shares 1 are outside 2 to 262144",
                request -> request.resources = new LinuxResources(0, 0, 1, 0, 0, "", "", List.of(), Map.of(), 0));
        invalid(
                "cpu period 5 is outside 1000 to 1000000 microseconds",
                request -> request.resources = new LinuxResources(5, 0, 0, 0, 0, "", "", List.of(), Map.of(), 0));
        invalid(
                "cpuset cpus '0-' is not a list such as 0-3,7",
                request -> request.resources = new LinuxResources(0, 0, 0, 0, 0, "0-", "", List.of(), Map.of(), 0));
        invalid(
                "oom_score_adj 1001 is outside -1000 to 1000",
                request -> request.resources = new LinuxResources(0, 0, 0, 0, 1001, "", "", List.of(), Map.of(), 0));
        unmet(
                "huge pages of size 16MB cannot be limited on this node; enable the hugetlb cgroup controller and that page"
                        + " size",
                request -> request.resources =
                        new LinuxResources(0, 0, 0, 0, 0, "", "", List.of(new HugepageLimit("16MB", 1)), Map.of(), 0));
        for (String file : List.of("../memory.max", "memory", "memory..max", "memory.max/x", "", "memory.")) {
            invalid(
                    "'" + file + "' is not the name of a cgroup file",
                    request -> request.resources =
                            new LinuxResources(0, 0, 0, 0, 0, "", "", List.of(), Map.of(file, "1"), 0));
        }
    }

    /** Also where none could be set: it can never succeed. */
    @Test
    void whatNamesNoCgroupFileIsRefusedOnCgroupV1Too() {
        HostLimits v1 = new HostLimits(false, Set.of(), 0, false, Set.of(), true, true, false, null, false, "amd64");
        ResourceLimits limits = new ResourceLimits(v1, new RequestFixture().handler, "update container c1");

        assertThatThrownBy(() -> limits.toJson(unified("../x")))
                .hasMessage("update container c1: '../x' is not the name of a cgroup file");
        assertThatThrownBy(() -> limits.toJson(unified("memory.high")))
                .hasMessage("update container c1: unified resources need cgroup v2, and this node has cgroup v1");
    }

    private static LinuxResources unified(String file) {
        return new LinuxResources(0, 0, 0, 0, 0, "", "", List.of(), Map.of(file, "1"), 0);
    }

    @Test
    void namespaces() {
        invalid(
                "network namespace mode CONTAINER is not supported; use POD or NODE",
                request -> request.namespaces = new NamespaceOptions(
                        NamespaceMode.CONTAINER, NamespaceMode.CONTAINER, NamespaceMode.POD, "", null));
        invalid(
                "network namespace mode NODE is asked for, but the pod's is POD",
                request -> request.namespaces =
                        new NamespaceOptions(NamespaceMode.NODE, NamespaceMode.CONTAINER, NamespaceMode.POD, "", null));
        invalid(
                "PID namespace mode NODE is asked for, but the pod's is CONTAINER",
                request -> request.namespaces =
                        new NamespaceOptions(NamespaceMode.POD, NamespaceMode.NODE, NamespaceMode.POD, "", null));
        invalid(
                "PID namespace mode TARGET is asked for without a target container",
                request -> request.namespaces =
                        new NamespaceOptions(NamespaceMode.POD, NamespaceMode.TARGET, NamespaceMode.POD, "", null));
        List<IdMapping> ids = List.of(new IdMapping(100_000, 0, 65_536));
        unmet(
                "runtime handler runc does not support user namespaces; use a runtime that supports id-mapped mounts: runc"
                        + " 1.2, crun 1.9 or later",
                request -> {
                    request.podNamespaces = new NamespaceOptions(
                            NamespaceMode.POD,
                            NamespaceMode.CONTAINER,
                            NamespaceMode.POD,
                            "",
                            new UserNamespace(NamespaceMode.POD, ids, ids));
                    request.namespaces = request.podNamespaces;
                });
    }

    @Test
    void profiles() throws IOException {
        invalid(
                "seccomp profile 'audit.json' is not an absolute path",
                request -> request.seccomp = new SecurityProfile.Localhost("audit.json"));
        unmet(
                "seccomp profile /nowhere/audit.json does not exist; put it there on each node",
                request -> request.seccomp = new SecurityProfile.Localhost("/nowhere/audit.json"));
        Path broken = Files.writeString(rootfs.resolve("broken.json"), "[]");
        invalid(
                "seccomp profile " + broken + " is not a JSON object",
                request -> request.seccomp = new SecurityProfile.Localhost("localhost/" + broken));
        Path action = Files.writeString(rootfs.resolve("action.json"), "{\"defaultAction\": \"ALLOW\"}");
        invalid(
                "seccomp profile " + action + ": defaultAction 'ALLOW' is not a seccomp action",
                request -> request.seccomp = new SecurityProfile.Localhost(action.toString()));
        unmet(
                "AppArmor profile web is asked for, but AppArmor is not enabled on this node; enable it or run the pod on"
                        + " another node",
                request -> request.apparmor = new SecurityProfile.Localhost("web"));
    }

    private static LinuxResources memory(long limit, long swap) {
        return new LinuxResources(0, 0, 0, limit, 0, "", "", List.of(), Map.of(), swap);
    }

    private static ContainerMount recursive(boolean readOnly, Propagation propagation) {
        return new ContainerMount(
                "/data", "/", readOnly, false, propagation, List.of(), List.of(), true, null, "", List.of());
    }

    private void invalid(String problem, Consumer<RequestFixture> change) {
        refused(ErrorKind.INVALID_ARGUMENT, problem, change);
    }

    private void unmet(String problem, Consumer<RequestFixture> change) {
        refused(ErrorKind.FAILED_PRECONDITION, problem, change);
    }

    private void refused(ErrorKind kind, String problem, Consumer<RequestFixture> change) {
        RequestFixture fixture = new RequestFixture();
        fixture.rootfs = rootfs;
        change.accept(fixture);
        OciSpecBuilder builder = new OciSpecBuilder(
                RequestFixture.HOST,
                JnaSyscalls.instance(),
                new CdiSpecs(List.of(Path.of("/none/cdi"))),
                DefaultRlimits.NONE);
        GantryException error = catchThrowableOfType(GantryException.class, () -> builder.build(fixture.request()));
        assertThat(error).isNotNull().hasMessage(ACTION + problem);
        assertThat(error.kind()).isEqualTo(kind);
    }
}
