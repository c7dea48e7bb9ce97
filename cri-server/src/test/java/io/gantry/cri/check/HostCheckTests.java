package io.gantry.cri.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.config.ConfigLoader;
import io.gantry.cri.config.GantryConfig;
import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.testing.TestDirectories;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostCheckTests {
    private static final Set<String> CAPABILITIES = Set.of(
            "CAP_SYS_ADMIN",
            "CAP_NET_ADMIN",
            "CAP_CHOWN",
            "CAP_DAC_OVERRIDE",
            "CAP_FOWNER",
            "CAP_MKNOD",
            "CAP_SETUID",
            "CAP_SETGID",
            "CAP_KILL");

    private final TestDirectories directories = TestDirectories.create();

    @AfterEach
    void close() {
        directories.close();
    }

    private Path program(String name) {
        Path file = directories.file(name, "#!/bin/sh\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }

    private GantryConfig config() {
        return ConfigLoader.load(directories.file("gantry.toml", """
                        root = "%1$s/root"
                        state = "%1$s/state"
                        [network]
                        conf_dir = "%1$s/net.d"
                        bin_dirs = ["%1$s/cni"]
                        """.formatted(directories.root())))
                .orThrow();
    }

    private HostFacts host(
            Set<String> capabilities, CgroupMode cgroups, Map<String, Path> controllers, boolean overlay) {
        return new HostFacts(
                "6.1.0-13-amd64",
                "boot",
                true,
                capabilities,
                capabilities,
                cgroups,
                controllers,
                Optional.empty(),
                true,
                0,
                true,
                false,
                false,
                overlay,
                true,
                List.of(directories.root().resolve("bin")));
    }

    private Map<String, Finding> check(HostFacts host, Optional<Path> pause) {
        Map<String, Finding> findings = new HashMap<>();
        new HostCheck(config(), host, pause, PackageHint.of("ID=debian\n"))
                .run()
                .forEach(finding -> findings.put(finding.subject(), finding));
        return findings;
    }

    private static Finding named(Map<String, Finding> findings, String subject) {
        return Objects.requireNonNull(findings.get(subject), subject);
    }

    @Test
    void aHostWithEverything() {
        for (String name : List.of("bin/runc", "bin/conmon", "bin/iptables", "cni/bridge", "cni/host-local")) {
            program(name);
        }
        directories.file(
                "net.d/10-a.conflist", "{\"plugins\": [{\"type\": \"bridge\", \"ipam\": {\"type\": \"host-local\"}}]}");

        Map<String, Finding> findings =
                check(host(CAPABILITIES, CgroupMode.V2, Map.of(), true), Optional.of(program("bin/gantry-pause")));

        assertThat(findings.values())
                .allMatch(finding -> finding.severity() == Finding.Severity.OK
                        || finding.subject().equals("handler crun"));
        assertThat(findings).containsKeys("CNI plugin bridge", "CNI plugin host-local");
        assertThat(named(findings, "handler crun").remedy()).isEqualTo("apt-get install crun");
    }

    @Test
    void aHostWithNothing() {
        directories.file("net.d/10-a.conflist", "{\"plugins\": [{\"type\": \"bridge\"}]}");

        Map<String, Finding> findings =
                check(host(Set.of("CAP_KILL"), CgroupMode.V1, Map.of("cpu", Path.of("/x")), false), Optional.empty());

        assertThat(findings.values().stream()
                        .filter(finding -> finding.severity() == Finding.Severity.MISSING)
                        .map(Finding::subject))
                .containsExactlyInAnyOrder(
                        "privileges",
                        "cgroups",
                        "overlayfs",
                        "OCI runtime",
                        "conmon",
                        "pause program",
                        "CNI plugin bridge");
        assertThat(findings.values())
                .filteredOn(finding -> finding.severity() != Finding.Severity.OK)
                .allMatch(finding -> !finding.remedy().isEmpty());
        assertThat(named(findings, "cgroups").detail()).isEqualTo("the controllers memory, pids are not mounted");
        assertThat(named(findings, "conmon").remedy()).isEqualTo("apt-get install conmon");
    }

    @Test
    void aMissingOrBrokenNetworkConfiguration() {
        HostFacts host = host(CAPABILITIES, CgroupMode.V2, Map.of(), true);

        assertThat(check(host, Optional.empty()).get("network configuration"))
                .matches(finding -> finding.severity() == Finding.Severity.WARNING);
        directories.file("net.d/10-a.conflist", "{");
        assertThat(check(host, Optional.empty()).get("network configuration"))
                .matches(finding -> finding.severity() == Finding.Severity.MISSING)
                .matches(finding -> finding.detail().contains("10-a.conflist cannot be read"));
    }

    @Test
    void thePackageManagerIsTheDistributions() {
        assertThat(PackageHint.of("ID=fedora\n").install("crun")).isEqualTo("dnf install crun");
        assertThat(PackageHint.of("ID=\"opensuse-leap\"\n").install("crun")).isEqualTo("zypper install crun");
        assertThat(PackageHint.of("ID=ubuntu\nID_LIKE=debian\n").install("crun", "runc"))
                .isEqualTo("apt-get install crun runc");
    }
}
