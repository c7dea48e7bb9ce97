package io.gantry.cri.check;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.config.ConfigLoader;
import io.gantry.cri.config.GantryConfig;
import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.process.SpawnProcessRunner;
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

    private static final String BRIDGE =
            "{\"cniVersion\": \"1.0.0\", \"name\": \"pods\", \"plugins\": [{\"type\": \"bridge\", \"ipam\": {\"type\":"
                    + " \"host-local\"}}]}";

    private Path program(String name) {
        return program(name, "true");
    }

    private Path program(String name, String script) {
        Path file = directories.file(name, "#!/bin/sh\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
        return file;
    }

    private String imageKeys = "";
    private String runtimeKeys = "";

    private GantryConfig config() {
        return ConfigLoader.load(
                        directories.file("gantry.toml", """
                        root = "%1$s/root"
                        state = "%1$s/state"
                        [network]
                        conf_dir = "%1$s/net.d"
                        bin_dirs = ["%1$s/cni"]
                        [images]
                        registry_dir = "%1$s/certs.d"
                        %2$s
                        [runtime]
                        cdi_spec_dirs = ["%1$s/cdi"]
                        %3$s
                        """.formatted(directories.root(), imageKeys, runtimeKeys)))
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

    private List<Finding> thorough(String subject) throws InterruptedException {
        HostFacts host = host(CAPABILITIES, CgroupMode.V2, Map.of(), true);
        return new HostCheck(config(), host, Optional.empty(), PackageHint.of("ID=debian\n"))
                .runThorough(SpawnProcessRunner.shared()).stream()
                        .filter(finding -> finding.subject().equals(subject))
                        .map(this::withoutPaths)
                        .toList();
    }

    private Finding withoutPaths(Finding finding) {
        return new Finding(
                finding.severity(),
                finding.subject(),
                finding.detail().replace(directories.root().toString(), "."),
                finding.remedy().replace(directories.root().toString(), "."));
    }

    private static Finding named(Map<String, Finding> findings, String subject) {
        return Objects.requireNonNull(findings.get(subject), subject);
    }

    @Test
    void aHostWithEverything() {
        for (String name : List.of("bin/runc", "bin/conmon", "bin/iptables", "cni/bridge", "cni/host-local")) {
            program(name);
        }
        directories.file("net.d/10-a.conflist", BRIDGE);

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
        directories.file("net.d/10-a.conflist", BRIDGE);

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
                        "CNI plugin bridge",
                        "CNI plugin host-local");
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
                .matches(finding -> finding.detail().contains("10-a.conflist: "));
    }

    @Test
    void theNetworkIsTheOneThatTheDaemonTakes() throws Exception {
        program("cni/bridge");
        directories.file("net.d/05-bad.conflist", "{");
        directories.file("net.d/07-lo.conf", "{\"cniVersion\": \"1.0.0\", \"name\": \"lo\", \"type\": \"loopback\"}");
        directories.file("net.d/10-a.conflist", BRIDGE);
        directories.file("net.d/pods/more.conf", "{\"type\": \"tuning\"}");

        assertThat(thorough("network configuration"))
                .extracting(Finding::severity)
                .containsExactly(Finding.Severity.OK, Finding.Severity.WARNING);
        assertThat(thorough("network configuration").getFirst().detail())
                .isEqualTo("./net.d/10-a.conflist (network pods)");
        assertThat(thorough("network configuration").getLast().detail())
                .startsWith("passed over: ./net.d/05-bad.conflist: ");
        assertThat(thorough("CNI plugin bridge")).extracting(Finding::severity).containsExactly(Finding.Severity.OK);
        assertThat(thorough("CNI plugin tuning"))
                .extracting(Finding::severity)
                .containsExactly(Finding.Severity.MISSING);
        assertThat(thorough("CNI plugin loopback")).isEmpty();
    }

    @Test
    void loopbackAloneIsNoNetworkForPods() throws Exception {
        directories.file("net.d/07-lo.conf", "{\"cniVersion\": \"1.0.0\", \"name\": \"lo\", \"type\": \"loopback\"}");

        assertThat(thorough("network configuration"))
                .singleElement()
                .matches(finding -> finding.severity() == Finding.Severity.WARNING)
                .matches(
                        finding -> finding.detail()
                                .equals(
                                        "./net.d/07-lo.conf (network lo) only brings up loopback; pods need the host's network"));
    }

    @Test
    void programsThatAreThereMustAlsoWork() throws Exception {
        program("bin/runc", "case $1 in --version) echo runc version 1.3.0 ;; *) exit 1 ;; esac");
        program("bin/crun", "echo 'no such library' >&2; exit 127");
        program("bin/conmon", "echo conmon version 2.1.6");

        assertThat(thorough("handler runc")).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Finding.Severity.OK);
            assertThat(finding.detail()).startsWith("./bin/runc, runc version 1.3.0");
        });
        assertThat(thorough("handler crun"))
                .containsExactly(Finding.warning(
                        "handler crun",
                        "it does not work; pods that ask for it fail: ./bin/crun --version failed: no such library",
                        "repair it, or set runtime.handlers.crun.path"));
        assertThat(thorough("OCI runtime")).isEmpty();
        assertThat(thorough("conmon")).containsExactly(Finding.ok("conmon", "./bin/conmon, conmon version 2.1.6"));
    }

    @Test
    void withoutAProgramThatWorksNoPodCanRun() throws Exception {
        program("bin/runc", "echo broken >&2; exit 1");
        program("bin/conmon", "echo 'conmon: not for this machine' >&2; exit 126");

        assertThat(thorough("OCI runtime"))
                .containsExactly(Finding.missing("OCI runtime", "none works", "apt-get install runc"));
        assertThat(thorough("conmon"))
                .containsExactly(Finding.missing(
                        "conmon",
                        "./bin/conmon does not work, so that no container can be started: --version: conmon: not for this machine",
                        "apt-get install conmon, or set runtime.conmon"));

        program("bin/conmon", "echo something else");
        assertThat(thorough("conmon"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.detail()).endsWith("--version: it says \"something else\""));
    }

    @Test
    void aDefaultThatDoesNotWorkIsMissing() throws Exception {
        program("bin/runc", "echo runc version 1.3.0");
        program("bin/crun", "exit 3");
        runtimeKeys = "default_handler = \"crun\"";

        assertThat(thorough("handler crun")).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Finding.Severity.MISSING);
            assertThat(finding.detail())
                    .startsWith("it does not work, and it is the default: ./bin/crun --version failed");
        });
    }

    @Test
    void aBaseSpecificationMustBeJson() throws Exception {
        program("bin/runc", "echo runc version 1.3.0");
        Path base = directories.file("base.json", "{\"process\": ");
        runtimeKeys = "base_spec = \"" + base + "\"";

        assertThat(thorough("handler runc")).singleElement().satisfies(finding -> {
            assertThat(finding.severity()).isEqualTo(Finding.Severity.WARNING);
            assertThat(finding.detail()).contains("its base specification ./base.json is not JSON: ");
        });
    }

    @Test
    void filesOfRegistriesTrustAndDevicesAreRead() throws Exception {
        directories.file("certs.d/good.example/hosts.toml", "server = \"https://good.example\"\n");
        assertThat(thorough("registries")).extracting(Finding::severity).containsExactly(Finding.Severity.OK);
        assertThat(thorough("trust policy")).isEmpty();
        assertThat(thorough("CDI devices")).isEmpty();

        directories.file("certs.d/bad.example_5000_/hosts.toml", "server = [\n");
        directories.file("certs.d/worse.example/hosts.toml", "[host.\"ftp://mirror\"]\n");
        imageKeys = "trust_policy = \"" + directories.file("trust.toml", "defolt = \"reject\"\n") + "\"";
        directories.file("cdi/gpu.json", "{\"cdiVersion\": ");

        assertThat(thorough("registries"))
                .hasSize(2)
                .allMatch(finding -> finding.severity() == Finding.Severity.WARNING);
        assertThat(thorough("registries").getFirst().detail())
                .startsWith("read registry configuration ./certs.d/bad.example_5000_/hosts.toml: line ");
        assertThat(thorough("registries").getLast().detail())
                .contains("worse.example/hosts.toml: host.\"ftp://mirror\"");
        assertThat(thorough("trust policy"))
                .containsExactly(Finding.missing(
                        "trust policy",
                        "./trust.toml: unknown key \"defolt\"; no image is let in",
                        "correct it, or unset images.trust_policy"));
        assertThat(thorough("CDI devices"))
                .singleElement()
                .satisfies(finding -> assertThat(finding.detail()).startsWith("./cdi/gpu.json: "));
    }

    @Test
    void theDefaultProfileMustBeLoadedWhereAppArmorIsOn() {
        Path profiles = directories.file("profiles", "other (enforce)\ngantry-default-not (enforce)\n");
        assertThat(appArmor(profiles)).isEqualTo(Finding.Severity.WARNING);
        directories.file("profiles", "other (enforce)\ngantry-default (enforce)\n");
        assertThat(appArmor(profiles)).isEqualTo(Finding.Severity.OK);
        assertThat(new FileCheck(config(), false, profiles).run().getFirst().severity())
                .isEqualTo(Finding.Severity.OK);
    }

    private Finding.Severity appArmor(Path profiles) {
        return new FileCheck(config(), true, profiles).run().getFirst().severity();
    }

    @Test
    void thePackageManagerIsTheDistributions() {
        assertThat(PackageHint.of("ID=fedora\n").install("crun")).isEqualTo("dnf install crun");
        assertThat(PackageHint.of("ID=\"opensuse-leap\"\n").install("crun")).isEqualTo("zypper install crun");
        assertThat(PackageHint.of("ID=ubuntu\nID_LIKE=debian\n").install("crun", "runc"))
                .isEqualTo("apt-get install crun runc");
    }
}
