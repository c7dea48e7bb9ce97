package io.gantry.cri.nri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.TextFormat;
import io.gantry.cri.nri.proto.Container;
import io.gantry.cri.nri.proto.ContainerAdjustment;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Json;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

class SpecAdjustmentTests {
    private final ObjectNode spec = (ObjectNode) Json.mapper().readTree("""
            {
              "annotations": {"old": "1", "kept": "2"},
              "process": {
                "args": ["run"], "env": ["PATH=/bin", "OLD=1", "ODD"], "oomScoreAdj": 0,
                "rlimits": [{"type": "RLIMIT_NOFILE", "hard": 10, "soft": 10}]
              },
              "mounts": [{"destination": "/proc", "type": "proc", "source": "proc"},
                         {"destination": "/data", "type": "bind", "source": "/old", "options": ["rbind"]}],
              "linux": {
                "cgroupsPath": "/gantry/x",
                "namespaces": [{"type": "pid"}, {"type": "network", "path": "/ns"}],
                "devices": [{"path": "/dev/old", "type": "c", "major": 1, "minor": 1}],
                "sysctl": {"kernel.shm_rmid_forced": "1"},
                "resources": {"memory": {"limit": 100, "swap": 100}, "cpu": {"shares": 2},
                              "devices": [{"allow": false, "access": "rwm"}]}
              }
            }
            """);

    private void apply(String adjustment) throws TextFormat.ParseException {
        new SpecAdjustment(spec).apply(TextFormat.parse(adjustment, ContainerAdjustment.class));
    }

    private static JsonNode json(String text) {
        return Json.mapper().readTree(text.replace('\'', '"'));
    }

    @Test
    void keysAreSetAndThoseWithADashRemoved() throws Exception {
        apply("""
                annotations { key: "-old" value: "" } annotations { key: "new" value: "3" }
                env { key: "-OLD" } env { key: "NEW" value: "a=b" } env { key: "PATH" value: "/sbin" }
                linux { sysctl { key: "-kernel.shm_rmid_forced" value: "" } sysctl { key: "net.x" value: "7" } }
                """);

        assertThat(spec.path("annotations")).isEqualTo(json("{'kept': '2', 'new': '3'}"));
        assertThat(spec.at("/process/env")).isEqualTo(json("['PATH=/sbin', 'NEW=a=b', 'ODD']"));
        assertThat(spec.at("/linux/sysctl")).isEqualTo(json("{'net.x': '7'}"));
    }

    @Test
    void aKeyThatIsRemovedAndSetIsSet() throws Exception {
        apply("env { key: \"OLD\" value: \"2\" } env { key: \"-OLD\" }");

        assertThat(spec.at("/process/env").toString()).contains("OLD=2");
    }

    @Test
    void mountsAndDevicesOfTheSamePathAreReplaced() throws Exception {
        apply("""
                mounts { destination: "/data" type: "bind" source: "/new" options: "rbind" options: "rslave" }
                mounts { destination: "-/proc" }
                linux {
                  devices { path: "-/dev/old" }
                  devices { path: "/dev/new" type: "b" major: 8 minor: 1 file_mode { value: 256 } gid { value: 5 } }
                }
                """);

        assertThat(spec.path("mounts"))
                .isEqualTo(
                        json(
                                "[{'destination': '/data', 'type': 'bind', 'source': '/new', 'options': ['rbind', 'rslave']}]"));
        assertThat(spec.at("/linux/rootfsPropagation").asString()).isEqualTo("rslave");
        assertThat(spec.at("/linux/devices").toString())
                .isEqualTo(
                        "[{\"path\":\"/dev/new\",\"type\":\"b\",\"major\":8,\"minor\":1,\"fileMode\":256,\"gid\":5}]");
        assertThat(spec.at("/linux/resources/devices/1").toString())
                .isEqualTo("{\"allow\":true,\"type\":\"b\",\"major\":8,\"minor\":1,\"access\":\"rm\"}");
    }

    @Test
    void aNewMemoryLimitTakesTheOldSwapLimitAway() throws Exception {
        apply(
                "linux { resources { memory { limit { value: 200 } } pids { limit: 9 } unified { key: \"a.b\" value: \"1\" } } }");

        assertThat(spec.at("/linux/resources/memory").toString()).isEqualTo("{\"limit\":200}");
        assertThat(spec.at("/linux/resources/cpu")).isEqualTo(json("{'shares': 2}"));
        assertThat(spec.at("/linux/resources/pids/limit").asInt()).isEqualTo(9);
        assertThat(spec.at("/linux/resources/unified")).isEqualTo(json("{'a.b': '1'}"));
    }

    @Test
    void limitsArgumentsHooksAndNamespaces() throws Exception {
        apply("""
                rlimits { type: "RLIMIT_NOFILE" hard: 18446744073709551615 soft: 5 }
                args: "" args: "other" args: "-x"
                hooks { poststop { path: "/hook" args: "hook" timeout { value: 3 } } }
                linux { namespaces { type: "-pid" } namespaces { type: "network" path: "/other" }
                        cgroups_path: "/chosen" oom_score_adj { value: -5 } }
                """);

        assertThat(spec.at("/process/rlimits").toString())
                .isEqualTo("[{\"type\":\"RLIMIT_NOFILE\",\"hard\":18446744073709551615,\"soft\":5}]");
        assertThat(spec.at("/process/args")).isEqualTo(json("['other', '-x']"));
        assertThat(spec.at("/hooks/poststop/0/timeout").asInt()).isEqualTo(3);
        assertThat(spec.at("/linux/namespaces")).isEqualTo(json("[{'type': 'network', 'path': '/other'}]"));
        assertThat(spec.at("/linux/cgroupsPath").asString()).isEqualTo("/chosen");
        assertThat(spec.at("/process/oomScoreAdj").asInt()).isEqualTo(-5);
    }

    @Test
    void whatTheKernelSchedulesBy() throws Exception {
        apply("""
                linux {
                  io_priority { class: IOPRIO_CLASS_BE priority: 4 }
                  scheduler { policy: SCHED_DEADLINE runtime: 1 deadline: 2 period: 3 flags: SCHED_FLAG_RECLAIM }
                  memory_policy { mode: MPOL_BIND nodes: "0" flags: MPOL_F_STATIC_NODES }
                  rdt { clos_id { value: "gold" } schemata { value: "L3:0=f" } }
                  net_devices { key: "eth9" value { name: "eth0" } }
                  seccomp_policy { default_action: "SCMP_ACT_ERRNO" default_errno { value: 1 }
                    syscalls { names: "read" action: "SCMP_ACT_ALLOW" args { index: 1 value: 5 op: "SCMP_CMP_EQ" } } }
                }
                """);

        assertThat(spec.at("/process/ioPriority").toString())
                .isEqualTo("{\"class\":\"IOPRIO_CLASS_BE\",\"priority\":4}");
        assertThat(spec.at("/process/scheduler").toString())
                .isEqualTo("{\"policy\":\"SCHED_DEADLINE\",\"runtime\":1,\"deadline\":2,\"period\":3,"
                        + "\"flags\":[\"SCHED_FLAG_RECLAIM\"]}");
        assertThat(spec.at("/linux/memoryPolicy"))
                .isEqualTo(json("{'mode': 'MPOL_BIND', 'nodes': '0', 'flags': ['MPOL_F_STATIC_NODES']}"));
        assertThat(spec.at("/linux/intelRdt")).isEqualTo(json("{'closID': 'gold', 'schemata': ['L3:0=f']}"));
        assertThat(spec.at("/linux/netDevices")).isEqualTo(json("{'eth9': {'name': 'eth0'}}"));
        assertThat(spec.at("/linux/seccomp/syscalls/0/args/0/op").asString()).isEqualTo("SCMP_CMP_EQ");

        apply(
                "linux { rdt { remove: true } io_priority { class: IOPRIO_CLASS_NONE } scheduler { policy: SCHED_NONE } }");

        assertThat(spec.at("/linux/intelRdt").isMissingNode()).isTrue();
        assertThat(spec.at("/process/ioPriority").isMissingNode()).isTrue();
        assertThat(spec.at("/process/scheduler").isMissingNode()).isTrue();
    }

    @Test
    void whatNobodyHasAWordForIsRefused() throws InvalidProtocolBufferException {
        assertThatThrownBy(() -> apply("linux { resources { blockio_class { value: \"fast\" } } }"))
                .isInstanceOf(GantryException.class)
                .hasMessage("set block I/O class fast: no classes of block I/O are defined on this node");
        ContainerAdjustment.Builder unknown = ContainerAdjustment.newBuilder();
        unknown.getLinuxBuilder().getSchedulerBuilder().setPolicyValue(99);
        assertThatThrownBy(() -> new SpecAdjustment(spec).apply(unknown.build()))
                .hasMessage("adjust container: there is no such LinuxSchedulerPolicy");
    }

    @Test
    void pluginsSeeWhatWasChanged() throws Exception {
        apply("""
                env { key: "NEW" value: "1" }
                linux { io_priority { class: IOPRIO_CLASS_RT priority: 1 }
                        devices { path: "/dev/new" type: "c" major: 1 minor: 3 } }
                rlimits { type: "RLIMIT_CORE" hard: 18446744073709551615 soft: 0 }
                """);
        Container.Builder message = Container.newBuilder();

        SpecMessages.addTo(message, spec);

        assertThat(message.getEnvList()).contains("NEW=1", "OLD=1");
        assertThat(message.getRlimits(0).getHard()).isEqualTo(10);
        assertThat(message.getRlimits(1).getHard()).isEqualTo(-1); // unsigned on the wire
        assertThat(message.getRlimits(1).getSoft()).isZero();
        assertThat(message.getLinux().getDevices(1).getMinor()).isEqualTo(3);
        assertThat(message.getLinux().getIoPriority().getPriority()).isEqualTo(1);
        assertThat(message.getLinux().getResources().getMemory().getSwap().getValue())
                .isEqualTo(100);
        assertThat(message.getLinux().getNamespaces(1).getPath()).isEqualTo("/ns");
    }
}
