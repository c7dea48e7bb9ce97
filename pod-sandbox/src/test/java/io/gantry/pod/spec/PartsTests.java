package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.SecurityProfile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;

/** Rules of single parts that whole specifications do not show well. */
class PartsTests {
    @TempDir
    Path rootfs;

    @Test
    void malformedAccountLinesAreSkipped() {
        Accounts accounts = Accounts.parse(
                "\n#x\nbad\na:x:notanumber:0\nb:x:5:99999999999:\nc:x:7:8:c:relative:/bin/sh\n::1:1\n",
                "g:x:9:c,d\nh:x:\n");
        assertThat(accounts.users()).containsExactly(new Accounts.User("c", 7, 8, "relative"));
        assertThat(accounts.memberships("c")).containsExactly(9L);
        assertThat(accounts.group("h")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "'', 0, 0",
        "1003, 1003, 0",
        "1003:1004, 1003, 1004",
        "1000, 1000, 1001",
        "web, 1000, 1001",
        "web:audio, 1000, 63",
        "':5', 0, 5",
        "web:, 1000, 1001"
    })
    void usersOfImages(String user, long uid, long gid) throws Exception {
        accounts();
        OciSpec spec = build(request ->
                request.image = new ImageDefaults(user, List.of(), List.of(), List.of(), "", Set.of(), "", Map.of()));
        assertThat(spec.user().uid()).isEqualTo(uid);
        assertThat(spec.user().gid()).isEqualTo(gid);
        assertThat(spec.user().supplementalGroups()).startsWith(gid);
    }

    @Test
    void stopSignals() {
        ImageDefaults image = new ImageDefaults("", List.of(), List.of(), List.of(), "", Set.of(), "SIGQUIT", Map.of());
        assertThat(image.effectiveStopSignal("SIGINT")).isEqualTo("SIGINT");
        assertThat(image.effectiveStopSignal("")).isEqualTo("SIGQUIT");
        assertThat(ImageDefaults.NONE.effectiveStopSignal("")).isEqualTo("SIGTERM");
    }

    @Test
    void allCanBeAddedAndDropped() throws Exception {
        assertThat(granted(build(request -> request.addCapabilities = List.of("all"))))
                .hasSize(41);
        assertThat(granted(build(request -> {
                    request.addCapabilities = List.of("ALL");
                    request.dropCapabilities = List.of("SYS_ADMIN", "CAP_SYS_TIME");
                })))
                .hasSize(39)
                .doesNotContain("CAP_SYS_ADMIN", "CAP_SYS_TIME");
        assertThat(granted(build(request -> {
                    request.addCapabilities = List.of("SYS_TIME");
                    request.dropCapabilities = List.of("ALL");
                })))
                .containsExactly("CAP_SYS_TIME");
        assertThat(granted(build(request -> request.dropCapabilities = List.of("ALL"))))
                .isEmpty();
    }

    @Test
    void seccompRulesFollowCapabilitiesAndArchitecture() throws Exception {
        OciSpec plain = build(request -> request.seccomp = new SecurityProfile.RuntimeDefault());
        assertThat(allowed(plain)).contains("arch_prctl", "chroot").doesNotContain("mount", "clone", "bpf", "keyctl");
        OciSpec admin = build(request -> {
            request.seccomp = new SecurityProfile.RuntimeDefault();
            request.addCapabilities = List.of("SYS_ADMIN", "SYS_TIME");
            request.dropCapabilities = List.of("SYS_CHROOT");
        });
        assertThat(allowed(admin))
                .contains("mount", "clone", "clone3", "settimeofday")
                .doesNotContain("chroot");
        HostLimits arm = new HostLimits(
                true, Set.of("CAP_CHOWN"), -1000, true, Set.of(), true, true, false, null, false, "aarch64");
        OciSpec other = build(arm, request -> request.seccomp = new SecurityProfile.RuntimeDefault());
        assertThat(allowed(other)).contains("arm_fadvise64_64").doesNotContain("arch_prctl");
        assertThat(other.json().at("/linux/seccomp/architectures/0").asString()).isEqualTo("SCMP_ARCH_AARCH64");
    }

    @Test
    void hostWithoutSeccompIsAWarningForTheDefaultProfile() throws Exception {
        HostLimits old = new HostLimits(
                true, Set.of("CAP_CHOWN"), -1000, true, Set.of(), true, false, false, null, false, "amd64");
        OciSpec spec = build(old, request -> request.seccomp = new SecurityProfile.RuntimeDefault());
        assertThat(spec.json().at("/linux/seccomp").isMissingNode()).isTrue();
        assertThat(spec.warnings()).contains("no seccomp filter: this kernel has no seccomp");
    }

    @Test
    void podOfTheHostsPidNamespaceGivesItToContainersThatSayNothing() throws Exception {
        OciSpec host = build(request -> {
            request.podNamespaces =
                    new NamespaceOptions(NamespaceMode.POD, NamespaceMode.NODE, NamespaceMode.POD, "", null);
            request.namespaces =
                    new NamespaceOptions(NamespaceMode.POD, NamespaceMode.POD, NamespaceMode.POD, "", null);
        });
        assertThat(namespaces(host)).doesNotContain("pid");
        OciSpec target = build(request -> {
            request.namespaces =
                    new NamespaceOptions(NamespaceMode.POD, NamespaceMode.TARGET, NamespaceMode.POD, "c0", null);
            request.targetPidNamespace = Path.of("/proc/77/ns/pid");
        });
        assertThat(namespaces(target)).contains("pid=/proc/77/ns/pid");
    }

    @Test
    void mountOverDevHidesTheDefaultsBelowIt() throws Exception {
        OciSpec spec = build(request -> request.mounts = List.of(
                RequestFixture.mount("/dev/", "/dev", false, io.gantry.pod.config.ContainerMount.Propagation.PRIVATE)));
        List<String> destinations = spec.json()
                .path("mounts")
                .valueStream()
                .map(mount -> mount.path("destination").asString())
                .toList();
        assertThat(destinations).contains("/dev", "/sys").doesNotContain("/dev/pts", "/dev/shm", "/dev/mqueue");
    }

    @Test
    void updatesKeepWhatTheyDoNotName() {
        LinuxResources current = new LinuxResources(
                100_000, 50_000, 512, 64 << 20, 500, "0-1", "0", List.of(), Map.of("memory.high", "1"), 64 << 20);
        LinuxResources merged = ResourceLimits.merge(
                current, new LinuxResources(0, -1, 0, 96 << 20, 0, "", "", List.of(), Map.of("memory.low", "2"), 0));
        assertThat(merged)
                .isEqualTo(new LinuxResources(
                        100_000,
                        -1,
                        512,
                        96 << 20,
                        500,
                        "0-1",
                        "0",
                        List.of(),
                        Map.of("memory.high", "1", "memory.low", "2"),
                        96 << 20));
    }

    @ParameterizedTest
    @CsvSource({"2048, 2MB", "1048576, 1GB", "64, 64KB", "16777216, 16GB"})
    void hugepageNames(long kibibytes, String name) {
        assertThat(HostLimits.hugepageName(kibibytes)).isEqualTo(name);
    }

    /** Values of makedev(3). */
    @ParameterizedTest
    @CsvSource({"259, 1, 3", "2304, 9, 0", "66305, 259, 1", "1050668, 8, 300", "17592472306800, 4100, 70000"})
    void deviceNumbers(long device, long major, long minor) {
        assertThat(DeviceNode.major(device)).isEqualTo(major);
        assertThat(DeviceNode.minor(device)).isEqualTo(minor);
    }

    @Test
    void execTakesTheContainersProcessWithAnotherCommand() throws Exception {
        Path bundle = Files.createDirectory(rootfs.resolve("bundle"));
        build(request -> request.noNewPrivileges = true).writeTo(bundle);
        JsonNode process = OciSpec.execProcess(bundle, List.of("ls", "/"), true);
        assertThat(process.path("args").toString()).isEqualTo("[\"ls\",\"/\"]");
        assertThat(process.path("terminal").asBoolean()).isTrue();
        assertThat(process.path("noNewPrivileges").asBoolean()).isTrue();
        assertThat(process.path("capabilities").isObject()).isTrue();
    }

    private interface Change {
        void apply(RequestFixture request);
    }

    private OciSpec build(Change change) throws InterruptedException {
        return build(RequestFixture.HOST, change);
    }

    private OciSpec build(HostLimits host, Change change) throws InterruptedException {
        RequestFixture fixture = new RequestFixture();
        fixture.rootfs = rootfs;
        change.apply(fixture);
        return new OciSpecBuilder(host, JnaSyscalls.instance()).build(fixture.request());
    }

    private void accounts() throws java.io.IOException {
        Files.createDirectory(rootfs.resolve("etc"));
        Files.writeString(rootfs.resolve("etc/passwd"), "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/home/web:\n");
        Files.writeString(rootfs.resolve("etc/group"), "audio:x:63:web\n");
    }

    private static List<String> granted(OciSpec spec) {
        return strings(spec.json().at("/process/capabilities/bounding"));
    }

    private static List<String> allowed(OciSpec spec) {
        return strings(spec.json().at("/linux/seccomp/syscalls/0/names"));
    }

    private static List<String> namespaces(OciSpec spec) {
        List<String> namespaces = new ArrayList<>();
        for (JsonNode namespace : spec.json().at("/linux/namespaces")) {
            String path = namespace.path("path").asString("");
            namespaces.add(namespace.path("type").asString() + (path.isEmpty() ? "" : "=" + path));
        }
        return namespaces;
    }

    private static List<String> strings(JsonNode array) {
        return array.valueStream().map(JsonNode::asString).toList();
    }
}
