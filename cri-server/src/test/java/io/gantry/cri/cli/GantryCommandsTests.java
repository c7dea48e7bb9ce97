package io.gantry.cri.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.config.ConfigTemplate;
import io.gantry.cri.grpc.TestServer;
import io.gantry.cri.image.FakeImages;
import io.gantry.cri.image.FakeStore;
import io.gantry.cri.image.ImageServiceEndpoint;
import io.gantry.cri.image.ImagesEndpoint;
import io.gantry.cri.runtime.FakePods;
import io.gantry.cri.runtime.FakeStats;
import io.gantry.cri.runtime.RuntimeServiceEndpoint;
import io.gantry.cri.translate.SandboxMessages;
import io.gantry.cri.v1.PodSandboxConfig;
import io.gantry.cri.v1.PodSandboxMetadata;
import io.gantry.cri.v1.RunPodSandboxRequest;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GantryCommandsTests {
    private final TestServer test = new TestServer();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final FakePods pods = new FakePods();
    private final FakeImages images = new FakeImages();

    @AfterEach
    void close() {
        test.close();
    }

    private int run(String... arguments) {
        return GantryCommands.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    private String serve() {
        test.serving(
                new RuntimeServiceEndpoint(
                        pods,
                        pods.containerSide,
                        request -> "http://127.0.0.1:1/" + request.kind(),
                        pods,
                        new FakeStats(),
                        Clock.systemUTC()),
                new ImageServiceEndpoint(images, Set.of("runc")),
                new ImagesEndpoint(new FakeStore(images)));
        return test.socket().toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--help",
                "serve --help",
                "check --help",
                "config --help",
                "config default --help",
                "config validate --help",
                "image --help",
                "image list --help",
                "image pull --help",
                "image import --help",
                "image export --help",
                "image load-from-docker --help",
                "image verify --help",
                "image remove --help",
                "pods --help",
                "explain --help",
                "version --help"
            })
    void everyCommandExplainsItself(String line) {
        assertThat(run(line.split(" "))).isZero();
        assertThat(out.toString()).startsWith("Usage: gantry").contains("--help");
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void theHelpNamesEveryCommandAndExitStatus() {
        run("--help");

        assertThat(out.toString())
                .contains("serve", "check", "config", "image", "pods", "explain", "version", "Exit status:", " 3 ");
    }

    @Test
    void aCommandLineThatMakesNoSense() {
        assertThat(run("pots")).isEqualTo(ExitCodes.USAGE);
        assertThat(err.toString()).contains("pots").contains("pods");
        assertThat(run("image", "pull")).isEqualTo(ExitCodes.USAGE);
        assertThat(run("pods", "--nonsense")).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void configDefaultPrintsTheTemplate() {
        assertThat(run("config", "default")).isZero();
        assertThat(out).hasToString(ConfigTemplate.render());
    }

    @Test
    void configValidateListsEveryProblem() {
        Path file = test.directories().file("gantry.toml", "rot = 1\n[log]\nlevel = \"loud\"\n");

        assertThat(run("config", "validate", file.toString())).isEqualTo(ExitCodes.CONFIGURATION);
        assertThat(err.toString())
                .contains(file + ":1: unknown key \"rot\"; did you mean \"root\"?")
                .contains(file + ":3: log.level must be one of");
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void configValidateAcceptsTheTemplate() {
        Path file = test.directories().file("gantry.toml", ConfigTemplate.render());

        assertThat(run("config", "validate", "--config", file.toString())).isZero();
        assertThat(out).hasToString(file + ": ok\n");
    }

    @Test
    void checkSaysWhatIsMissingAndHowToGetIt() {
        Path file = test.directories()
                .file("gantry.toml", "[runtime]\nconmon = \"/nowhere/conmon\"\npause = \"/nowhere/pause\"\n");

        assertThat(run("check", "--config", file.toString())).isEqualTo(ExitCodes.FAILURE);
        assertThat(out.toString())
                .contains(
                        "missing  conmon                 /nowhere/conmon is not there, so that no container can be started")
                .contains(" -> ")
                .contains("install conmon")
                .contains("missing  pause program          /nowhere/pause is not an executable file");
    }

    @Test
    void podsAreListedAsATableAndAsJson() {
        String socket = serve();
        String id = pods.run(
                SandboxMessages.config(RunPodSandboxRequest.newBuilder()
                        .setConfig(PodSandboxConfig.newBuilder()
                                .setMetadata(PodSandboxMetadata.newBuilder()
                                        .setName("web")
                                        .setNamespace("default")
                                        .setUid("u")))
                        .build()),
                "");

        assertThat(run("pods", "--socket", socket)).isZero();
        assertThat(out.toString().lines().toList().getFirst())
                .matches("NAMESPACE +POD +STATE +CONTAINERS +AGE +HANDLER +ID");
        assertThat(out.toString().lines().toList().getLast())
                .matches("default +web +ready +0/0 +\\d+d +default +" + id);
        out.getBuffer().setLength(0);
        assertThat(run("pods", "--json", "--socket", socket)).isZero();
        assertThat(out.toString()).contains("\"name\" : \"web\"").contains("\"ready\" : true");
        out.getBuffer().setLength(0);
        assertThat(run("pods", "-n", "other", "--json", "--socket", socket)).isZero();
        assertThat(out.toString().replaceAll("\\s", "")).isEqualTo("[]");
    }

    @Test
    void imagesArePulledListedAndRemoved() {
        String socket = serve();

        assertThat(run("image", "pull", "registry.example/app:1", "--socket", socket))
                .isZero();
        assertThat(out.toString()).startsWith("sha256:");
        assertThat(run("image", "list", "--socket", socket)).isZero();
        assertThat(out.toString()).contains("registry.example/app:1").contains("1.5 MB");
        assertThat(run("image", "remove", "registry.example/app:1", "--socket", socket))
                .isZero();
        assertThat(images.images).isEmpty();
        assertThat(run("image", "remove", "registry.example/app:1", "--socket", socket))
                .isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString())
                .isEqualTo(
                        "gantry: remove image registry.example/app:1: there is no such image; 'gantry image list' shows"
                                + " those there are\n");
    }

    @Test
    void failuresOfTheDaemonAreShownAsTheyAre() {
        String socket = serve();
        test.readiness.stopping();

        assertThat(run("pods", "--socket", socket)).isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString()).startsWith("gantry: ListPodSandbox: gantry is stopping");
    }

    @Test
    void versionAsksTheDaemonWhereThereIsOne() {
        String socket = serve();

        assertThat(run("version", "--socket", socket)).isZero();
        assertThat(out.toString()).startsWith("gantry ").endsWith("daemon gantry 1.2.3, CRI v1\n");
    }

    @Test
    void aMissingDaemonIsExplained() {
        assertThat(run("pods", "--socket", "/nowhere/gantry.sock")).isEqualTo(ExitCodes.FAILURE);
        assertThat(err)
                .hasToString(
                        "gantry: connect to /nowhere/gantry.sock: there is no such socket; start the daemon with 'gantry"
                                + " serve', or name its socket with --socket\n");
    }
}
