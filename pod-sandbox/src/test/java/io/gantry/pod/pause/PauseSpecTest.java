package io.gantry.pod.pause;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.SandboxMetadata;
import io.gantry.pod.config.SandboxSecurity;
import io.gantry.pod.config.SupplementalGroupsPolicy;
import io.gantry.pod.config.UserNamespace;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class PauseSpecTest {
    private static final List<Path> PROCS = List.of(Path.of("/cg/pod/cgroup.procs"));

    @Test
    void ordinaryPodHasAllNamespacesButThePidNamespace() {
        PauseSpec spec = PauseSpec.of(pod(NamespaceOptions.DEFAULT, Map.of("net.a", "1")), "web", PROCS);

        assertThat(spec.label()).isEqualTo("default/web-0");
        assertThat(List.of(spec.newNetwork(), spec.newIpc(), spec.newUts(), spec.newPid()))
                .containsExactly(true, true, true, false);
        assertThat(spec.uids()).isEmpty();
        assertThat(spec.hostname()).isEqualTo("web");
        assertThat(spec.sysctls()).containsExactly(Map.entry("net.a", "1"));
        assertThat(spec.cgroupProcs()).isEqualTo(PROCS);
        assertThat(spec.oomScoreAdj()).isEqualTo(-998);
    }

    @Test
    void hostPodHasNoneAndKeepsTheNameOfTheHost() {
        NamespaceOptions host =
                new NamespaceOptions(NamespaceMode.NODE, NamespaceMode.NODE, NamespaceMode.NODE, "", null);

        PauseSpec spec = PauseSpec.of(pod(host, Map.of()), "web", PROCS);

        assertThat(List.of(spec.newNetwork(), spec.newIpc(), spec.newUts(), spec.newPid()))
                .containsOnly(false);
        assertThat(spec.hostname()).isNull();
    }

    @Test
    void sharedPidNamespaceAndUserNamespaceArePartOfThePod() {
        List<IdMapping> mappings = List.of(new IdMapping(100_000, 0, 65_536));
        NamespaceOptions options = new NamespaceOptions(
                NamespaceMode.POD,
                NamespaceMode.POD,
                NamespaceMode.POD,
                "",
                new UserNamespace(NamespaceMode.POD, mappings, mappings));

        PauseSpec spec = PauseSpec.of(pod(options, Map.of()), "", PROCS);

        assertThat(spec.newPid()).isTrue();
        assertThat(spec.uids()).isEqualTo(mappings);
        assertThat(spec.gids()).isEqualTo(mappings);
        assertThat(spec.hostname()).isNull();
    }

    @Test
    void userNamespaceOfTheNodeIsNoNewOne() {
        NamespaceOptions options = new NamespaceOptions(
                NamespaceMode.POD,
                NamespaceMode.CONTAINER,
                NamespaceMode.POD,
                "",
                new UserNamespace(NamespaceMode.NODE, List.of(new IdMapping(1, 0, 1)), List.of()));

        assertThat(PauseSpec.of(pod(options, Map.of()), "web", PROCS).uids()).isEmpty();
    }

    private static PodSandboxConfig pod(NamespaceOptions namespaces, Map<String, String> sysctls) {
        return new PodSandboxConfig(
                new SandboxMetadata("web-0", "uid", "default", 0),
                "",
                "",
                null,
                List.of(),
                Map.of(),
                Map.of(),
                "",
                new SandboxSecurity(
                        namespaces,
                        null,
                        null,
                        null,
                        false,
                        List.of(),
                        SupplementalGroupsPolicy.MERGE,
                        false,
                        null,
                        null),
                sysctls,
                null,
                null);
    }
}
