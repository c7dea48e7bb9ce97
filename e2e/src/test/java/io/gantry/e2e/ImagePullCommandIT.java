package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.FaultImage;
import io.gantry.e2e.faults.RegistryDouble;
import io.gantry.e2e.process.Command;
import io.gantry.e2e.process.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** {@code gantry image pull}: what it shows, lists, and where it finds credentials. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImagePullCommandIT {
    private static final int MIB = 1 << 20;
    private static final String BASIC = "Basic dXNlcjpzZWNyZXQ=";

    private final AtomicInteger seeds = new AtomicInteger(8000);
    private PullBed bed;
    private ImageCommand image;
    private Path files;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"), "these are commands of Gantry's");
        bed = PullBed.start("docker_config = \"/run/gantry-e2e-no-such-directory/config.json\"");
        image = new ImageCommand(bed.run.runtime());
        files = bed.run.runtime().node().files();
    }

    @AfterAll
    void close() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        bed.registry.heal();
        bed.assertQuiet();
    }

    private FaultImage image(int... layers) {
        return FaultImage.of(seeds.incrementAndGet(), layers);
    }

    private FaultImage slow(String repository) {
        FaultImage slow = image(MIB, 4 * MIB);
        bed.serve(repository, slow);
        String large = slow.layers().getLast();
        bed.registry.blob(repository, large, answer -> answer.slowly(2 * MIB, slow.bytesOf(large).length));
        return slow;
    }

    @Test
    void aTerminalGetsABarForEachLayer() throws Exception {
        assumeTrue(Command.of("sh", "-c", "command -v script").result().status() == 0, "needs script(1)");
        FaultImage slow = slow("bars");
        String shown = Command.of("script", "-qec", image.line("pull", PullBed.HOST + "bars:1"), "/dev/null")
                .run();

        String small = slow.layers().getFirst().substring("sha256:".length(), "sha256:".length() + 13);
        String large = slow.layers().getLast().substring("sha256:".length(), "sha256:".length() + 13);
        assertThat(shown)
                .contains(PullBed.HOST + "bars:1")
                .containsPattern(large + "  \\[=+> +\\] +\\S+ ?\\S* of 4\\S* ?\\S*  \\S+ ?\\S*/s  \\d+s left")
                .contains(small + "  complete")
                .contains(large + "  complete")
                .contains("\u001b[2A")
                .endsWith(slow.id());
    }

    @Test
    void anythingElseGetsTheIdOnly() throws Exception {
        FaultImage slow = slow("quiet");
        Result result = image.of("pull", PullBed.HOST + "quiet:1").result();
        assertThat(result.line()).isEqualTo(slow.id());
        assertThat(result.error()).isEmpty();
    }

    @Test
    void scriptsGetJson() throws Exception {
        FaultImage slow = slow("json");
        List<JsonNode> lines = image.of("pull", "--json", PullBed.HOST + "json:1")
                .run()
                .lines()
                .map(JsonMapper.shared()::readTree)
                .toList();
        assertThat(lines)
                .hasSizeGreaterThan(3)
                .allMatch(line -> line.get("image").stringValue().equals(PullBed.HOST + "json:1"));
        assertThat(lines.getLast().get("id").stringValue()).isEqualTo(slow.id());
        List<Long> received = lines.stream()
                .filter(line -> line.has("layers"))
                .flatMap(line -> line.get("layers").valueStream())
                .filter(layer ->
                        layer.get("digest").stringValue().equals(slow.layers().getLast()))
                .map(layer -> layer.get("received").longValue())
                .toList();
        assertThat(received).isSorted().hasSizeGreaterThan(2);
        assertThat(received.getLast()).isEqualTo(slow.bytesOf(slow.layers().getLast()).length);
    }

    @Test
    void aListIsPulledAsFarAsItGoes() throws Exception {
        FaultImage one = image(MIB);
        FaultImage two = image(MIB);
        bed.serve("list/one", one);
        bed.serve("list/two", two);
        Path list = Files.writeString(files.resolve("list"), """
                # what a node needs
                %1$slist/one:1   # the first

                %1$slist/none:1
                %1$slist/two:1
                %1$slist/one:1
                """.formatted(PullBed.HOST));
        Result result = image.of("pull", "--file", list).result();
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.output().lines()).containsExactly(one.id(), two.id());
        assertThat(result.error())
                .startsWith("gantry: pull image " + PullBed.HOST + "list/none:1: ")
                .contains("HTTP 404");
        assertThat(bed.images()).contains(one.id(), two.id());

        Path wrong = Files.writeString(files.resolve("wrong"), PullBed.HOST + "list/one:1\nNot A Name\n");
        Result refused = image.of("pull", "--file", "-").input(wrong).result();
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.output()).isEmpty();
        assertThat(refused.error()).contains("Not A Name");
    }

    private FaultImage guarded(String repository) {
        FaultImage guarded = image(MIB);
        bed.serve(repository, guarded);
        bed.registry.manifest(repository, answer -> {
            if (answer.header("Authorization").equals(BASIC)) {
                answer.right();
            } else {
                answer.with("WWW-Authenticate", "Basic realm=\"test\"").status(401);
            }
        });
        return guarded;
    }

    @Test
    void credentialsComeFromDockersFile() throws Exception {
        FaultImage guarded = guarded("guarded/file");
        String reference = PullBed.HOST + "guarded/file:1";
        Path directory = Files.createDirectories(files.resolve("docker"));
        Path config = directory.resolve("config.json");
        Files.writeString(config, "{\"auths\":{\"other.example.test\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}}");
        Result refused = image.of("pull", reference, "--docker-config", config).result();
        assertThat(refused.status()).isEqualTo(1);
        assertThat(refused.error())
                .startsWith("gantry: pull image " + reference + ": ")
                .contains("it asks for a user name and password, and there are none for it");

        Files.writeString(config, "{\"auths\":{\"faults.example.test\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}}");
        assertThat(image.of("pull", reference)
                        .env("DOCKER_CONFIG", directory.toString())
                        .run())
                .isEqualTo(guarded.id());
        Path password = Files.writeString(files.resolve("password"), "secret\n");
        assertThat(image.of("pull", "--user", "user", reference).input(password).run())
                .isEqualTo(guarded.id());
    }

    @Test
    void credentialsComeFromAHelper() throws Exception {
        FaultImage guarded = guarded("guarded/helper");
        Path programs = Files.createDirectories(files.resolve("programs"));
        Path helper = Files.writeString(programs.resolve("docker-credential-e2e"), """
                #!/bin/sh
                [ "$1" = get ] && [ "$(cat)" = faults.example.test ] || { echo credentials not found; exit 1; }
                echo '{"ServerURL":"faults.example.test","Username":"user","Secret":"secret"}'
                """);
        Files.setAttribute(helper, "unix:mode", 0755);
        Path config =
                Files.writeString(files.resolve("helpers.json"), "{\"credHelpers\":{\"faults.example.test\":\"e2e\"}}");
        assertThat(image.of("pull", PullBed.HOST + "guarded/helper:1", "--docker-config", config)
                        .env("PATH", programs + ":" + System.getenv("PATH"))
                        .run())
                .isEqualTo(guarded.id());
        Files.delete(helper);
        assertThat(image.of("pull", PullBed.HOST + "guarded/helper:1", "--docker-config", config)
                        .result()
                        .error())
                .contains("docker-credential-e2e");
    }

    @Test
    void theDaemonHasCredentialsOfItsOwn() throws Exception {
        FaultImage guarded = guarded("guarded/daemon");
        Path config = bed.run.runtime().node().files().resolve("gantry.toml");
        Path docker = Files.writeString(
                files.resolve("daemon.json"), "{\"auths\":{\"faults.example.test\":{\"auth\":\"dXNlcjpzZWNyZXQ=\"}}}");
        assertThat(bed.refused(PullBed.HOST + "guarded/daemon:1", guarded).code())
                .isEqualTo("Unauthenticated");
        String text = Files.readString(config);
        bed.run.runtime().stop();
        Files.writeString(config, text.replaceFirst("docker_config = .*", "docker_config = \"" + docker + "\""));
        bed.run.runtime().start();
        bed.pull(PullBed.HOST + "guarded/daemon:1");
        assertThat(bed.images()).contains(guarded.id());
        assertThat(bed.registry.requests("/guarded/daemon/"))
                .extracting(RegistryDouble.Request::authorization)
                .contains(BASIC);
        bed.run.runtime().stop();
        Files.writeString(config, text);
        bed.run.runtime().start();
    }
}
