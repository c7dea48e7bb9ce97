package io.gantry.pod.spec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.pod.cdi.CdiSpecs;
import io.gantry.pod.config.ContainerDevice;
import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.KeyValue;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.UserNamespace;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** What CDI devices change in a specification. */
class CdiPartTests {
    @TempDir
    Path temp;

    private final RequestFixture request = new RequestFixture();

    @BeforeEach
    void setUp() throws Exception {
        request.rootfs = Files.createDirectory(temp.resolve("rootfs"));
        request.cdiDevices = List.of("vendor.com/gpu=0");
    }

    private OciSpec build(String edits) throws Exception {
        Files.writeString(temp.resolve("spec.json"), """
                {"cdiVersion": "1.0.0", "kind": "vendor.com/gpu",
                 "devices": [{"name": "0", "containerEdits": %s}]}
                """.formatted(edits));
        return new OciSpecBuilder(
                        RequestFixture.HOST, JnaSyscalls.instance(), new CdiSpecs(List.of(temp)), DefaultRlimits.NONE)
                .build(request.request());
    }

    private static JsonNode find(JsonNode array, String key, String value) {
        return array.valueStream()
                .filter(entry -> entry.path(key).asString("").equals(value))
                .reduce((first, second) -> {
                    throw new AssertionError(value + " is there twice");
                })
                .orElseThrow();
    }

    @Test
    void environmentReplacesAndAdds() throws Exception {
        request.environment = List.of(new KeyValue("MODE", "old"), new KeyValue("KEPT", "1"));
        OciSpec spec = build("{\"env\": [\"MODE=new\", \"MORE=2\"]}");
        assertThat(spec.json().at("/process/env").valueStream().map(JsonNode::asString))
                .contains("MODE=new", "KEPT=1", "MORE=2")
                .doesNotContain("MODE=old");
    }

    @Test
    void aDeviceTakesFromTheHostWhatItDoesNotSay() throws Exception {
        request.runAsUser = 1000L;
        request.runAsGroup = 1001L;
        ObjectNode json = build("{\"deviceNodes\": [{\"path\": \"/dev/gpu0\", \"hostPath\": \"/dev/null\"},"
                        + " {\"path\": \"/dev/pipe\", \"type\": \"p\", \"fileMode\": 384},"
                        + " {\"path\": \"/dev/gpu1\", \"type\": \"b\", \"major\": 8, \"minor\": 1, \"uid\": 0,"
                        + " \"gid\": 5, \"permissions\": \"r\"}]}")
                .json();
        JsonNode devices = json.at("/linux/devices");
        assertThat(find(devices, "path", "/dev/gpu0"))
                .isEqualTo(new DeviceNode("/dev/gpu0", "/dev/null", "c", 1, 3, 0666, 1000, 1001).toJson());
        assertThat(find(devices, "path", "/dev/pipe").path("fileMode").asInt()).isEqualTo(0600);
        assertThat(find(devices, "path", "/dev/pipe").has("major")).isFalse();
        assertThat(find(devices, "path", "/dev/gpu1").path("uid").asInt(-1)).isZero();
        assertThat(json.at("/linux/resources/devices").valueStream().skip(1))
                .containsExactly(
                        new DeviceNode("", "", "c", 1, 3, 0, 0, 0).toRule("rwm"),
                        new DeviceNode("", "", "b", 8, 1, 0, 0, 0).toRule("r"));
    }

    @Test
    void mountsReplaceThoseOfTheSamePathAndAreInOrder() throws Exception {
        Path lib = Files.createDirectory(temp.resolve("lib"));
        JsonNode mounts = build("{\"mounts\": [{\"hostPath\": \"" + lib
                        + "\", \"containerPath\": \"/usr/lib/gpu/\", \"options\": [\"ro\"]},"
                        + " {\"hostPath\": \"tmpfs\", \"containerPath\": \"/dev/shm\", \"type\": \"tmpfs\"},"
                        + " {\"hostPath\": \"tmpfs\", \"containerPath\": \"/usr\", \"type\": \"tmpfs\"}]}")
                .json()
                .path("mounts");
        assertThat(find(mounts, "destination", "/usr/lib/gpu").path("options"))
                .isEqualTo(Nodes.strings(List.of("ro", "rbind")));
        assertThat(find(mounts, "destination", "/usr/lib/gpu").path("source").asString())
                .isEqualTo(lib.toRealPath().toString());
        assertThat(find(mounts, "destination", "/dev/shm").path("type").asString())
                .isEqualTo("tmpfs");
        assertThat(mounts.valueStream().map(mount -> mount.path("destination").asString()))
                .containsSubsequence("/usr", "/usr/lib/gpu");
    }

    @Test
    void hooksGroupsAndAWarningForRdt() throws Exception {
        OciSpec spec = build("{\"hooks\": [{\"hookName\": \"createContainer\", \"path\": \"/bin/x\","
                + " \"args\": [\"x\", \"y\"], \"env\": [\"A=b\"], \"timeout\": 5}],"
                + " \"additionalGids\": [0, 44, 44], \"intelRdt\": {\"closID\": \"gold\"}}");
        JsonNode hook = spec.json().at("/hooks/createContainer/0");
        assertThat(hook.path("path").asString()).isEqualTo("/bin/x");
        assertThat(hook.path("args")).isEqualTo(Nodes.strings(List.of("x", "y")));
        assertThat(hook.path("timeout").asInt()).isEqualTo(5);
        assertThat(spec.json().at("/process/user/additionalGids").valueStream().map(JsonNode::asLong))
                .containsExactly(0L, 44L);
        assertThat(spec.warnings()).containsExactly("a CDI device asks for classes of Intel RDT, which are not set");
    }

    @Test
    void inAUserNamespaceADeviceOfAnotherPathIsBound() throws Exception {
        List<IdMapping> ids = List.of(new IdMapping(100_000, 0, 65_536));
        request.podNamespaces = new NamespaceOptions(
                NamespaceMode.POD,
                NamespaceMode.CONTAINER,
                NamespaceMode.POD,
                "",
                new UserNamespace(NamespaceMode.POD, ids, ids));
        request.handler = new HandlerFeatures("runc", true, true, 6 << 20, List.of());
        request.devices = List.of(
                new ContainerDevice("/dev/a", "/dev/null", "r"), new ContainerDevice("/dev/zero", "/dev/zero", "r"));
        ObjectNode json = build("{\"deviceNodes\": [{\"path\": \"/dev/gpu0\", \"hostPath\": \"/dev/null\"}]}")
                .json();
        assertThat(json.at("/linux/devices").valueStream())
                .extracting(device -> device.path("path").asString())
                .containsExactly("/dev/zero");
        for (String path : List.of("/dev/a", "/dev/gpu0")) {
            assertThat(find(json.path("mounts"), "destination", path)
                            .path("source")
                            .asString())
                    .isEqualTo("/dev/null");
        }
        assertThat(json.at("/linux/resources/devices")).hasSize(4);
    }

    @Test
    void annotationsOfDevicePluginsNameDevicesToo() throws Exception {
        request.cdiDevices = List.of();
        request.annotations = Map.of("cdi.k8s.io/plugin_a", "vendor.com/gpu=0", "other/key", "vendor.com/gpu=9");
        assertThat(build("{\"env\": [\"GPU=0\"]}")
                        .json()
                        .at("/process/env")
                        .valueStream()
                        .map(JsonNode::asString))
                .contains("GPU=0");
    }

    @Test
    void whatTheNodeDoesNotHaveIsAClearError() {
        assertThatThrownBy(() -> build("{\"deviceNodes\": [{\"path\": \"/dev/none\"}]}"))
                .hasMessageContaining("CDI device node /dev/none does not exist; see whether its driver is loaded");
        assertThatThrownBy(() -> build("{\"deviceNodes\": [{\"path\": \"/dev/null\", \"type\": \"b\"}]}"))
                .hasMessageContaining("CDI device node /dev/null is of type b, but that of the host is of type c");
        assertThatThrownBy(() -> build("{\"deviceNodes\": [{\"path\": \"/proc/version\"}]}"))
                .hasMessageContaining("CDI device node /proc/version is not a device");
        assertThatThrownBy(() -> build("{\"mounts\": [{\"hostPath\": \"/none/x\", \"containerPath\": \"/x\"}]}"))
                .hasMessageContaining("mount source /none/x of a CDI device does not exist");
    }
}
