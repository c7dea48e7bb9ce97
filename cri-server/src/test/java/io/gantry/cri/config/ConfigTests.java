package io.gantry.cri.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.spec.Rlimit;
import io.gantry.pod.spec.Rlimit.Resource;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigTests {
    private final TestDirectories directories = TestDirectories.create();

    @AfterEach
    void close() {
        directories.close();
    }

    /** Every key with a value that is not its default. */
    private static final String EVERY_KEY = """
            root = "/data/gantry"
            state = "/run/other"

            [api]
            socket = "/run/other/cri.sock"
            mode = "0600"
            owner = "root"
            group = "kube"
            drain_timeout = "500ms"

            [streaming]
            address = "[::1]:10010"
            tls_cert_file = "/srv/tls.crt"
            tls_key_file = "/srv/tls.key"
            idle_timeout = "1h"
            creation_timeout = "5s"

            [network]
            conf_dir = "/srv/net.d"
            bin_dirs = ["/srv/bin", "/opt/bin"]
            plugin_timeout = "90s"

            [images]
            registry_dir = "/srv/certs.d"
            pinned = ["registry.example/base:1", "registry.example/tools/*"]
            max_parallel_layers = 3
            pull_memory_mib = 256
            connections_per_layer = 1
            spool = true
            progress_timeout = "2m"
            orphan_grace = "0s"
            volatile_containers = false
            trust_policy = "/srv/trust.toml"
            verifier_dir = "/srv/verifiers"
            verifier_timeout = "30s"
            docker_config = "/srv/config.json"
            seal_layers = false

            [runtime]
            default_handler = "kata"
            cgroup_driver = "cgroupfs"
            conmon = "/srv/conmon"
            pause = "/srv/pause"
            operation_timeout = "1h"
            cdi_spec_dirs = ["/srv/cdi"]
            base_spec = "/srv/all.json"
            default_rlimits = ["memlock=unlimited", "nofile=10:20"]

            [runtime.handlers.runc]
            path = "/srv/runc"
            root = "/run/runc"
            base_spec = "/srv/runc.json"

            [runtime.handlers.crun]
            path = "/srv/crun"
            root = "/run/crun"
            base_spec = "/srv/crun.json"

            [runtime.handlers.kata]
            path = "kata-runtime"
            root = "/run/kata"
            base_spec = "/srv/kata.json"

            [log]
            level = "debug"
            format = "json"

            [metrics]
            address = ""

            [nri]
            enable = false
            socket = "/srv/nri.sock"
            plugin_dir = "/srv/plugins"
            config_dir = "/srv/plugins.d"
            registration_timeout = "10s"
            request_timeout = "1s"
            """;

    private ConfigLoader.Loaded load(String text) {
        return ConfigLoader.load(directories.file("gantry.toml", text));
    }

    private List<String> problems(String text) {
        return load(text).problems().stream()
                .map(problem -> problem.toString().replace(directories.root() + "/", ""))
                .toList();
    }

    @Test
    void defaults() {
        GantryConfig config = ConfigLoader.defaults();

        assertThat(config.root()).isEqualTo(Path.of("/var/lib/gantry"));
        assertThat(config.state()).isEqualTo(Path.of("/run/gantry"));
        assertThat(config.api())
                .isEqualTo(new ApiConfig(Path.of("/run/gantry/gantry.sock"), 0660, "", "", Duration.ofSeconds(10)));
        assertThat(config.streaming())
                .isEqualTo(new StreamingConfig(
                        new HostPort("127.0.0.1", 0), "", "", Duration.ofHours(4), Duration.ofSeconds(30)));
        assertThat(config.network())
                .isEqualTo(new NetworkConfig(
                        Path.of("/etc/cni/net.d"),
                        List.of(Path.of("/opt/cni/bin"), Path.of("/usr/lib/cni")),
                        Duration.ofMinutes(2)));
        assertThat(config.images())
                .isEqualTo(new ImagesConfig(
                        Path.of("/etc/gantry/certs.d"),
                        List.of(),
                        0,
                        64L << 20,
                        4,
                        false,
                        Duration.ofMinutes(1),
                        Duration.ofHours(1),
                        true,
                        "",
                        "",
                        Duration.ofSeconds(10),
                        "",
                        true));
        assertThat(config.runtime())
                .isEqualTo(new RuntimeConfig(
                        "",
                        "",
                        "conmon",
                        "",
                        Duration.ofMinutes(2),
                        List.of(Path.of("/etc/cdi"), Path.of("/var/run/cdi")),
                        "",
                        List.of(new Rlimit(Resource.NOFILE, 1024, 524_288), new Rlimit(Resource.CORE, 0, -1)),
                        Map.of(
                                "runc", new RuntimeHandlerConfig("runc", "", ""),
                                "crun", new RuntimeHandlerConfig("crun", "", ""))));
        assertThat(config.log()).isEqualTo(new LogConfig(LogConfig.Level.INFO, LogConfig.Format.TEXT));
        assertThat(config.metrics()).isEqualTo(new MetricsConfig(java.util.Optional.empty()));
    }

    @Test
    void everyKeyIsRead() {
        ConfigLoader.Loaded loaded = load(EVERY_KEY);
        GantryConfig config = loaded.orThrow();

        assertThat(config.root()).isEqualTo(Path.of("/data/gantry"));
        assertThat(config.state()).isEqualTo(Path.of("/run/other"));
        assertThat(config.api())
                .isEqualTo(new ApiConfig(Path.of("/run/other/cri.sock"), 0600, "root", "kube", Duration.ofMillis(500)));
        assertThat(config.streaming())
                .isEqualTo(new StreamingConfig(
                        new HostPort("::1", 10010),
                        "/srv/tls.crt",
                        "/srv/tls.key",
                        Duration.ofHours(1),
                        Duration.ofSeconds(5)));
        assertThat(config.network())
                .isEqualTo(new NetworkConfig(
                        Path.of("/srv/net.d"),
                        List.of(Path.of("/srv/bin"), Path.of("/opt/bin")),
                        Duration.ofSeconds(90)));
        assertThat(config.images())
                .isEqualTo(new ImagesConfig(
                        Path.of("/srv/certs.d"),
                        List.of("registry.example/base:1", "registry.example/tools/*"),
                        3,
                        256L << 20,
                        1,
                        true,
                        Duration.ofMinutes(2),
                        Duration.ZERO,
                        false,
                        "/srv/trust.toml",
                        "/srv/verifiers",
                        Duration.ofSeconds(30),
                        "/srv/config.json",
                        false));
        assertThat(config.runtime())
                .isEqualTo(new RuntimeConfig(
                        "kata",
                        "cgroupfs",
                        "/srv/conmon",
                        "/srv/pause",
                        Duration.ofHours(1),
                        List.of(Path.of("/srv/cdi")),
                        "/srv/all.json",
                        List.of(new Rlimit(Resource.MEMLOCK, -1, -1), new Rlimit(Resource.NOFILE, 10, 20)),
                        Map.of(
                                "runc", new RuntimeHandlerConfig("/srv/runc", "/run/runc", "/srv/runc.json"),
                                "crun", new RuntimeHandlerConfig("/srv/crun", "/run/crun", "/srv/crun.json"),
                                "kata", new RuntimeHandlerConfig("kata-runtime", "/run/kata", "/srv/kata.json"))));
        assertThat(config.log()).isEqualTo(new LogConfig(LogConfig.Level.DEBUG, LogConfig.Format.JSON));
    }

    @Test
    void noKeyIsMissingInTheTestOfEveryKey() {
        Set<String> changed = new TreeSet<>();
        Map<String, String> defaults = ConfigLoader.defaults().effective();
        load(EVERY_KEY).config().effective().forEach((key, value) -> {
            if (!value.equals(defaults.get(key))) {
                changed.add(key);
            }
        });
        Set<String> expected = new TreeSet<>(defaults.keySet());
        // The one key that can have no other value yet.
        expected.remove("metrics.address");
        expected.addAll(
                Set.of("runtime.handlers.kata.path", "runtime.handlers.kata.root", "runtime.handlers.kata.base_spec"));
        assertThat(changed).isEqualTo(expected);
    }

    @Test
    void theTemplateHasEveryKeyAndMeansTheDefaults() {
        String template = ConfigTemplate.render();
        ConfigLoader.Loaded loaded = load(template);

        assertThat(loaded.problems()).isEmpty();
        assertThat(loaded.config()).isEqualTo(ConfigLoader.defaults());
        assertThat(template)
                .contains("# Path of the Unix socket.\nsocket = \"/run/gantry/gantry.sock\"\n")
                .contains("\n[runtime.handlers.runc]\n")
                .contains("bin_dirs = [\"/opt/cni/bin\", \"/usr/lib/cni\"]\n");
        assertThat(template.lines()).allMatch(line -> line.length() <= 100);
    }

    @Test
    void anUnknownKeyIsRefusedWithItsPlaceAndWhatWasMeant() {
        assertThat(problems("""
                        root = "/var/lib/gantry"
                        [api]
                        sockt = "/run/x.sock"
                        """))
                .containsExactly("gantry.toml:3: unknown key \"api.sockt\"; did you mean \"api.socket\"?");
    }

    @Test
    void aKeyInTheWrongSectionIsFound() {
        assertThat(problems("conmon = \"/usr/bin/conmon\"\n"))
                .containsExactly("gantry.toml:1: unknown key \"conmon\"; did you mean \"runtime.conmon\"?");
    }

    @Test
    void anUnknownSectionIsOneProblem() {
        assertThat(problems("""
                        [plugins."io.containerd.grpc.v1.cri"]
                        sandbox_image = "pause"
                        [plugins.other]
                        a = 1
                        """))
                .containsExactly(
                        "gantry.toml:1: unknown section \"plugins\"; 'gantry config default' prints every key");
    }

    @Test
    void everyProblemIsReportedAtOnce() {
        assertThat(problems("""
                        root = "relative"
                        stat = "/run/gantry"

                        [api]
                        mode = "abc"
                        drain_timeout = "soon"
                        socket = 5

                        [streaming]
                        address = "localhost:0"

                        [network]
                        bin_dirs = [
                          "/opt/cni/bin",
                          "usr/lib/cni",
                        ]
                        plugin_timeout = "2h"

                        [images]
                        max_parallel_layers = 100
                        volatile_containers = "yes"

                        [runtime]
                        default_handler = "gvisor"
                        cgroup_driver = "other"

                        [runtime.handlers.runc]
                        pth = "/usr/sbin/runc"

                        [metrics]
                        address = "127.0.0.1:9090"

                        [log]
                        level = "loud"
                        """))
                .containsExactly(
                        "gantry.toml:1: root must be an absolute path, not \"relative\"",
                        "gantry.toml:2: unknown key \"stat\"; did you mean \"state\"?",
                        "gantry.toml:5: api.mode must be three octal digits such as \"0660\", not \"abc\"",
                        "gantry.toml:6: api.drain_timeout must be a length of time such as \"500ms\", \"30s\", \"5m\" or"
                                + " \"1h\", not \"soon\"",
                        "gantry.toml:7: api.socket must be a string in quotes, not 5",
                        "gantry.toml:10: streaming.address must be an IP address and a port such as \"127.0.0.1:0\" or"
                                + " \"[::1]:0\", not \"localhost:0\"",
                        "gantry.toml:13: network.bin_dirs must be an absolute path, not \"usr/lib/cni\"",
                        "gantry.toml:17: network.plugin_timeout must be from 100ms to 1h, not \"2h\"",
                        "gantry.toml:20: images.max_parallel_layers must be from 0 to 64, not 100",
                        "gantry.toml:21: images.volatile_containers must be true or false, without quotes",
                        "gantry.toml:24: runtime.default_handler must be one of runc, crun, not \"gvisor\"; add a section"
                                + " [runtime.handlers.gvisor]",
                        "gantry.toml:25: runtime.cgroup_driver must be one of \"\", \"systemd\", \"cgroupfs\", not"
                                + " \"other\"",
                        "gantry.toml:28: unknown key \"runtime.handlers.runc.pth\"; did you mean"
                                + " \"runtime.handlers.runc.path\"?",
                        "gantry.toml:31: metrics.address must be empty: this version of Gantry does not serve metrics yet",
                        "gantry.toml:34: log.level must be one of \"trace\", \"debug\", \"info\", \"warn\", \"error\", not"
                                + " \"loud\"");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "'nofile' | must have limits such as \"nofile=1024:524288\" or \"core=unlimited\", not \"nofile\"",
                "'nofile=-1' | must have limits such as \"nofile=1024:524288\" or \"core=unlimited\", not \"nofile=-1\"",
                "'nofile=9999999999999999999' | must have limits such as \"nofile=1024:524288\" or \"core=unlimited\","
                        + " not \"nofile=9999999999999999999\"",
                "'files=1' | must have limits of as, core, cpu, data, fsize, locks, memlock, msgqueue, nice, nofile, nproc,"
                        + " rss, rtprio, rttime, sigpending, stack, not of \"files\"",
                "'nofile=20:10' | must not have a soft limit above the hard one (soft:hard), as in \"nofile=20:10\"",
                "'core=unlimited:0' | must not have a soft limit above the hard one (soft:hard), as in \"core=unlimited:0\"",
                "'core=0\", \"core=1' | must have each limit once, not core again"
            })
    void aLimitThatIsNone(String limits, String problem) {
        assertThat(problems("[runtime]\ndefault_rlimits = [\"" + limits + "\"]\n"))
                .containsExactly("gantry.toml:2: runtime.default_rlimits " + problem);
    }

    @Test
    void limitsMayBeLeftToTheDaemons() {
        assertThat(load("[runtime]\ndefault_rlimits = []\n").orThrow().runtime().defaultRlimits())
                .isEmpty();
    }

    @Test
    void problemsMakeOneErrorWithALineForEach() {
        ConfigLoader.Loaded loaded = load("a = 1\nb = 2\n");

        assertThatThrownBy(loaded::orThrow)
                .hasMessageStartingWith("read configuration: 2 problems:\n  ")
                .hasMessageContaining("gantry.toml:1: unknown key \"a\"")
                .hasMessageContaining("gantry.toml:2: unknown key \"b\"");
    }

    @Test
    void rootAndStateMustBeApart() {
        assertThat(problems("root = \"/data\"\nstate = \"/data/run\"\n"))
                .containsExactly("gantry.toml:2: state must not be the same as root, nor one within the other");
    }

    @Test
    void aFileThatIsNotTomlIsReportedWithTheLine() {
        assertThat(problems("root = \"/var/lib/gantry\"\n[api\nmode = \"0660\"\n"))
                .singleElement()
                .asString()
                .startsWith("gantry.toml:2: not valid TOML: ");
    }

    @Test
    void aSectionThatIsAValueAndAValueThatIsASection() {
        assertThat(problems("api = 3\n[root]\nx = 1\n"))
                .containsExactly(
                        "gantry.toml:1: api must be a section, not a value",
                        "gantry.toml:2: root must be a value, not a section",
                        "gantry.toml:3: unknown key \"root.x\"; 'gantry config default' prints every key");
    }

    @Test
    void aMissingFileIsAProblem() {
        Path file = directories.root().resolve("none.toml");

        assertThat(ConfigLoader.load(file).problems())
                .singleElement()
                .asString()
                .startsWith(file + ": cannot be read: ");
    }

    @Test
    void laterFilesHoldAndProblemsNameTheirFile() {
        directories.file("gantry.d/20-b.toml", "[log]\nlevel = \"error\"\n");
        directories.file("gantry.d/10-a.toml", "[log]\nlevel = \"debug\"\nformat = \"json\"\n");
        directories.file("gantry.d/30-c.toml", "\n[api]\nmod = \"0600\"\n");
        directories.file("gantry.d/notes.txt", "not read");

        ConfigLoader.Loaded loaded = load("[log]\nlevel = \"warn\"\n");

        assertThat(loaded.config().log()).isEqualTo(new LogConfig(LogConfig.Level.ERROR, LogConfig.Format.JSON));
        assertThat(loaded.files()).hasSize(4);
        assertThat(loaded.problems())
                .containsExactly(new ConfigProblem(
                        directories.root().resolve("gantry.d/30-c.toml"),
                        3,
                        "unknown key \"api.mod\"; did you mean \"api.mode\"?"));
    }

    @Test
    void aSocketPathThatIsTooLongIsRefused() {
        assertThat(problems("[api]\nsocket = \"/run/" + "x".repeat(120) + "\"\n"))
                .containsExactly(
                        "gantry.toml:2: api.socket must have at most 103 bytes, the longest a Unix socket can have");
    }
}
