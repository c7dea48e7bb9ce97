package io.gantry.cri.nri;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.TextFormat;
import io.gantry.cri.nri.proto.ContainerAdjustment;
import io.gantry.cri.nri.proto.Field;
import io.gantry.platform.error.GantryException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ClaimsTests {
    private final Owners owners = new Owners();

    private void claim(String plugin, String adjustment) throws TextFormat.ParseException {
        PluginName name = PluginName.parse(plugin).orElseThrow();
        new Claims(owners, "c1", name).claim(TextFormat.parse(adjustment, ContainerAdjustment.class));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "annotations { key: 'a' value: '1' }",
                "mounts { destination: '/a' }",
                "env { key: 'A' }",
                "args: 'x'",
                "rlimits { type: 'RLIMIT_CORE' }",
                "CDI_devices { name: 'v/c=d' }",
                "linux { devices { path: '/dev/a' } }",
                "linux { cgroups_path: '/a' }",
                "linux { oom_score_adj { value: 1 } }",
                "linux { io_priority { priority: 1 } }",
                "linux { seccomp_policy { default_action: 'x' } }",
                "linux { namespaces { type: 'pid' } }",
                "linux { namespaces { type: '-pid' } }",
                "linux { sysctl { key: 'a' value: '1' } }",
                "linux { net_devices { key: 'a' value { } } }",
                "linux { scheduler { nice: 1 } }",
                "linux { rdt { clos_id { value: 'a' } } }",
                "linux { rdt { schemata { value: 'a' } } }",
                "linux { rdt { enable_monitoring { value: true } } }",
                "linux { memory_policy { nodes: '0' } }",
                "linux { resources { memory { limit { value: 1 } } } }",
                "linux { resources { memory { reservation { value: 1 } } } }",
                "linux { resources { memory { swap { value: 1 } } } }",
                "linux { resources { memory { swappiness { value: 1 } } } }",
                "linux { resources { cpu { shares { value: 1 } } } }",
                "linux { resources { cpu { quota { value: 1 } } } }",
                "linux { resources { cpu { period { value: 1 } } } }",
                "linux { resources { cpu { cpus: '0' } } }",
                "linux { resources { cpu { mems: '0' } } }",
                "linux { resources { pids { limit: 1 } } }",
                "linux { resources { hugepage_limits { page_size: '2MB' } } }",
                "linux { resources { unified { key: 'a' value: '1' } } }",
                "linux { resources { rdt_class { value: 'a' } } }",
                "linux { resources { blockio_class { value: 'a' } } }"
            })
    void twoPluginsCannotSetTheSameThing(String adjustment) throws Exception {
        claim("10-a", adjustment);

        assertThatCode(() -> claim("10-a", adjustment)).doesNotThrowAnyException();
        assertThatThrownBy(() -> claim("20-b", adjustment))
                .isInstanceOf(GantryException.class)
                .hasMessageStartingWith("adjust container c1: NRI plugins 10-a and 20-b both set ");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "annotations { key: '-a' value: '' } annotations { key: 'a' value: '2' }",
                "mounts { destination: '-/a' } mounts { destination: '/a' }",
                "env { key: '-A' } env { key: 'A' }",
                "args: '' args: 'y'",
                "linux { devices { path: '-/dev/a' } devices { path: '/dev/a' } }",
                "linux { sysctl { key: '-a' value: '' } sysctl { key: 'a' value: '2' } }",
                "linux { rdt { remove: true clos_id { value: 'b' } } }"
            })
    void aLaterPluginMayTakeBackWhatAnEarlierOneSet(String adjustment) throws Exception {
        claim("10-a", """
                annotations { key: 'a' value: '1' } mounts { destination: '/a' } env { key: 'A' } args: 'x'
                linux { devices { path: '/dev/a' } sysctl { key: 'a' value: '1' } rdt { clos_id { value: 'a' } } }
                """);

        assertThatCode(() -> claim("20-b", adjustment)).doesNotThrowAnyException();
    }

    @Test
    void hooksOfSeveralPluginsStandBesideEachOther() throws Exception {
        claim("10-a", "hooks { poststop { path: '/a' } }");
        claim("20-b", "hooks { poststop { path: '/b' } } env { key: 'A' }");

        var message = owners.toMessage().getOwnersOrThrow("c1");
        assertThat(message.getSimpleOrThrow(Field.OciHooks_VALUE)).isEqualTo("10-a,20-b");
        assertThat(message.getCompoundOrThrow(Field.Env_VALUE).getOwnersMap()).containsEntry("A", "20-b");
    }

    @Test
    void theSameThingInAnotherContainerIsNotTheSame() throws Exception {
        claim("10-a", "args: 'x'");

        assertThatCode(() -> new Claims(owners, "c2", PluginName.parse("20-b").orElseThrow())
                        .claim(ContainerAdjustment.newBuilder().addArgs("y").build()))
                .doesNotThrowAnyException();
    }
}
