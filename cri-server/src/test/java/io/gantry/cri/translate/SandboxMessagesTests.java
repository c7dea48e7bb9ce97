package io.gantry.cri.translate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cri.v1.IDMapping;
import io.gantry.cri.v1.Int64Value;
import io.gantry.cri.v1.LinuxSandboxSecurityContext;
import io.gantry.cri.v1.NamespaceMode;
import io.gantry.cri.v1.PodSandboxConfig;
import io.gantry.cri.v1.PodSandboxFilter;
import io.gantry.cri.v1.PodSandboxState;
import io.gantry.cri.v1.PodSandboxStateValue;
import io.gantry.cri.v1.PodSandboxStatus;
import io.gantry.cri.v1.PortMapping;
import io.gantry.cri.v1.RunPodSandboxRequest;
import io.gantry.cri.v1.SecurityProfile;
import io.gantry.cri.v1.UserNamespace;
import io.gantry.cri.v1.WindowsPodSandboxConfig;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.SandboxState;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

class SandboxMessagesTests {
    private static final String ACTION = "run pod sandbox default/web: ";

    private static io.gantry.pod.config.PodSandboxConfig translate(Consumer<PodSandboxConfig.Builder> change) {
        PodSandboxConfig.Builder config = Samples.sandboxConfig();
        change.accept(config);
        return SandboxMessages.config(
                RunPodSandboxRequest.newBuilder().setConfig(config).build());
    }

    private static void refused(Consumer<PodSandboxConfig.Builder> change, String problem) {
        assertThatThrownBy(() -> translate(change)).hasMessage(ACTION + problem);
    }

    private static LinuxSandboxSecurityContext.Builder security(PodSandboxConfig.Builder config) {
        return config.getLinuxBuilder().getSecurityContextBuilder();
    }

    private static PodSandbox sandbox() {
        return new PodSandbox(
                "5b4c",
                translate(config -> {}),
                "",
                "runc",
                SandboxState.READY,
                Instant.ofEpochSecond(1_700_000_000L, 5),
                "web-0",
                null,
                "boot",
                List.of("10.1.0.5", "fd00::5"),
                false,
                "/kubepods/pod11-22/5b4c",
                "");
    }

    @Test
    void aStatusGivesBackWhatWasAskedFor() {
        PodSandboxConfig asked = Samples.sandboxConfig().build();

        PodSandboxStatus status = SandboxMessages.status(sandbox());

        assertThat(status.getId()).isEqualTo("5b4c");
        assertThat(status.getMetadata()).isEqualTo(asked.getMetadata());
        assertThat(status.getState()).isEqualTo(PodSandboxState.SANDBOX_READY);
        assertThat(status.getCreatedAt()).isEqualTo(1_700_000_000_000_000_005L);
        assertThat(status.getNetwork().getIp()).isEqualTo("10.1.0.5");
        assertThat(status.getNetwork().getAdditionalIpsList())
                .singleElement()
                .matches(ip -> ip.getIp().equals("fd00::5"));
        assertThat(status.getLinux().getNamespaces().getOptions())
                .isEqualTo(asked.getLinux().getSecurityContext().getNamespaceOptions());
        assertThat(status.getLabelsMap()).isEqualTo(asked.getLabelsMap());
        assertThat(status.getAnnotationsMap()).isEqualTo(asked.getAnnotationsMap());
        assertThat(status.getRuntimeHandler()).isEmpty();
    }

    @Test
    void onlyReadyIsReady() {
        for (SandboxState state : SandboxState.values()) {
            PodSandboxState expected =
                    state == SandboxState.READY ? PodSandboxState.SANDBOX_READY : PodSandboxState.SANDBOX_NOTREADY;
            assertThat(SandboxMessages.list(List.of(sandbox().withState(state)))
                            .getItems(0)
                            .getState())
                    .isEqualTo(expected);
        }
    }

    @Test
    void withoutNamespaceOptionsEverythingIsThePods() {
        var namespaces = translate(config -> security(config).clearNamespaceOptions())
                .security()
                .namespaces();

        assertThat(namespaces)
                .isEqualTo(new io.gantry.pod.config.NamespaceOptions(
                        io.gantry.pod.config.NamespaceMode.POD,
                        io.gantry.pod.config.NamespaceMode.POD,
                        io.gantry.pod.config.NamespaceMode.POD,
                        "",
                        null));
    }

    @Test
    void whatIsMissing() {
        assertThatThrownBy(() -> SandboxMessages.config(RunPodSandboxRequest.getDefaultInstance()))
                .hasMessage("run pod sandbox /: config is missing");
        assertThatThrownBy(() -> translate(PodSandboxConfig.Builder::clearMetadata))
                .hasMessage("run pod sandbox /: config.metadata is missing");
    }

    @Test
    void badFields() {
        refused(
                c -> c.setHostname("x".repeat(65)),
                "config.hostname is longer than 64 characters: \"" + "x".repeat(65) + "\"");
        refused(c -> c.setLogDirectory("var/log"), "config.log_directory is not an absolute path: \"var/log\"");
        refused(c -> c.setLogDirectory("/var/../etc"), "config.log_directory contains \"..\": \"/var/../etc\"");
        refused(c -> c.getMetadataBuilder().setUid(""), "config.metadata.uid is empty");
        refused(
                c -> c.setWindows(WindowsPodSandboxConfig.getDefaultInstance()),
                "config.windows is set, but this is a Linux node");
        refused(
                c -> c.getDnsConfigBuilder().addSearches("a\nnameserver 6.6.6.6"),
                "config.dns_config has a value with a control character");
        refused(
                c -> c.addPortMappings(PortMapping.newBuilder().setHostPort(80)),
                "config.port_mappings[1].container_port is not from 1 to 65535: 0");
        refused(
                c -> c.addPortMappings(
                        PortMapping.newBuilder().setContainerPort(80).setHostPort(70000)),
                "config.port_mappings[1].host_port is not from 0 to 65535: 70000");
        refused(
                c -> c.addPortMappings(
                        PortMapping.newBuilder().setContainerPort(80).setHostIp("here")),
                "config.port_mappings[1].host_ip is not an IP address: \"here\"");
        refused(
                c -> c.addPortMappings(PortMapping.newBuilder().setProtocolValue(9)),
                "config.port_mappings[1].protocol is not a protocol that is known here");
        refused(
                c -> c.getLinuxBuilder().setCgroupParent("/a/../../b"),
                "config.linux.cgroup_parent contains \"..\": \"/a/../../b\"");
        refused(
                c -> c.getLinuxBuilder().putSysctls("../vm", "1"),
                "config.linux.sysctls has no name of a sysctl: \"../vm\"");
        refused(
                c -> c.getLinuxBuilder().putSysctls("net.a", "1\n2"),
                "config.linux.sysctls[net.a] has a value of more than one line");
        refused(
                c -> c.getLinuxBuilder().getResourcesBuilder().setOomScoreAdj(1001),
                "config.linux.resources.oom_score_adj is not from -1000 to 1000: 1001");
    }

    @Test
    void badHostnames() {
        for (String name : List.of("web\n127.0.0.1 bank", "web 0", "../web", "web\0", "web\r")) {
            refused(
                    config -> config.setHostname(name),
                    "config.hostname holds white space, '/' or a control character");
        }
    }

    @Test
    void badSecurity() {
        String field = "config.linux.security_context.";
        refused(c -> security(c).clearRunAsUser(), field + "run_as_group is set without run_as_user");
        refused(
                c -> security(c).setRunAsUser(Int64Value.newBuilder().setValue(-1)),
                field + "run_as_user is not from 0 to 4294967294: -1");
        refused(
                c -> security(c).getNamespaceOptionsBuilder().setNetwork(NamespaceMode.CONTAINER),
                field + "namespace_options.network is CONTAINER, only POD and NODE are possible");
        refused(
                c -> security(c)
                        .getNamespaceOptionsBuilder()
                        .setPid(NamespaceMode.TARGET)
                        .setTargetId("x"),
                field + "namespace_options.pid is TARGET, which only a container can have");
        refused(
                c -> security(c).getNamespaceOptionsBuilder().setPidValue(77),
                field + "namespace_options.pid is not a namespace mode that is known here");
        refused(
                c -> security(c).getSeccompBuilder().setLocalhostRef("a.json"),
                field + "seccomp.localhost_ref is not an absolute path: \"a.json\"");
        refused(
                c -> security(c).getSeccompBuilder().setProfileType(SecurityProfile.ProfileType.Unconfined),
                field + "seccomp.localhost_ref is set, but the profile's type is not Localhost");
        refused(
                c -> security(c).clearSeccomp().setSeccompProfilePath("strange"),
                field
                        + "seccomp_profile_path is not \"runtime/default\", \"unconfined\" or \"localhost/...\": \"strange\"");
    }

    @Test
    void badUserNamespaces() {
        String field = "config.linux.security_context.namespace_options.userns_options";
        badUser(
                user -> user.setMode(NamespaceMode.CONTAINER),
                field + ".mode is CONTAINER, only POD and NODE are possible");
        badUser(user -> user.setMode(NamespaceMode.TARGET), field + ".mode is TARGET, only POD and NODE are possible");
        badUser(user -> user.setMode(NamespaceMode.NODE), field + " has mappings, but its mode is NODE");
        badUser(user -> user.addUids(Samples.MAPPING), field + ".uids must have exactly one mapping, not 2");
        badUser(UserNamespace.Builder::clearGids, field + ".gids must have exactly one mapping, not 0");
        IDMapping other = Samples.MAPPING.toBuilder().setContainerId(1).build();
        badUser(user -> user.setUids(0, other).setGids(0, other), field + ".uids[0].container_id must be 0");
        badUser(user -> user.setGids(0, other), field + ".gids must be the same mapping as uids");
        IDMapping empty = Samples.MAPPING.toBuilder().setLength(0).build();
        badUser(user -> user.setUids(0, empty), field + ".uids has a mapping of length 0");
        IDMapping beyond = Samples.MAPPING.toBuilder().setHostId(-1).build();
        badUser(user -> user.setUids(0, beyond), field + ".uids has a mapping beyond the last id");
    }

    private static void badUser(Consumer<UserNamespace.Builder> change, String problem) {
        refused(
                config -> change.accept(
                        security(config).getNamespaceOptionsBuilder().getUsernsOptionsBuilder()),
                problem);
    }

    @Test
    void theNewerSeccompFieldWins() {
        var profile = translate(config -> security(config).setSeccompProfilePath("unconfined"))
                .security()
                .seccomp();
        assertThat(profile)
                .isEqualTo(new io.gantry.pod.config.SecurityProfile.Localhost("/var/lib/kubelet/seccomp/a.json"));

        var older = translate(config -> security(config).clearSeccomp().setSeccompProfilePath("runtime/default"))
                .security()
                .seccomp();
        assertThat(older).isEqualTo(new io.gantry.pod.config.SecurityProfile.RuntimeDefault());

        var none =
                translate(config -> security(config).clearSeccomp()).security().seccomp();
        assertThat(none).isNull();
    }

    @Test
    void filters() {
        assertThat(SandboxMessages.filter(PodSandboxFilter.getDefaultInstance()))
                .isEqualTo(SandboxFilter.ALL);
        assertThat(SandboxMessages.filter(PodSandboxFilter.newBuilder()
                        .setId("5b")
                        .setState(PodSandboxStateValue.newBuilder().setState(PodSandboxState.SANDBOX_NOTREADY))
                        .putLabelSelector("app", "web")
                        .build()))
                .isEqualTo(new SandboxFilter("5b", false, Map.of("app", "web")));
    }
}
