package io.gantry.cni.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.cni.conflist.CniVersion;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.ExitStatus;
import io.gantry.platform.process.ProcessResult;
import io.gantry.platform.storage.Json;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CniPluginRunnerTest {
    private static final String ACTION = "attach sandbox 3f2a (default/web) to network pods";

    @TempDir
    Path bin;

    private FakePlugins plugins;
    private CniPluginRunner runner;

    @BeforeEach
    void installPlugin() {
        plugins = new FakePlugins(bin).install("bridge");
        runner = new CniPluginRunner(new PluginPath(List.of(bin.resolve("none"), bin)), plugins, bin);
    }

    @Test
    void givesThePluginItsEnvironmentAndNothingElse() throws InterruptedException {
        plugins.answering("bridge", "ADD", "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.0.0.2/24\"}]}");

        CniResult result = runner.add(invocation(CniVerb.ADD), CniVersion.V1_0_0);

        assertThat(result.ips()).hasSize(1);
        Map<String, String> environment = plugins.calls().getFirst().environment();
        assertThat(environment)
                .containsEntry("CNI_COMMAND", "ADD")
                .containsEntry("CNI_CONTAINERID", "3f2a")
                .containsEntry("CNI_NETNS", "/run/netns/3f2a")
                .containsEntry("CNI_IFNAME", "eth0")
                .containsEntry("CNI_ARGS", "IgnoreUnknown=1")
                .containsEntry("CNI_PATH", bin.resolve("none") + ":" + bin)
                .containsOnlyKeys(
                        "PATH",
                        OrphanedPlugins.MARK,
                        "CNI_COMMAND",
                        "CNI_CONTAINERID",
                        "CNI_NETNS",
                        "CNI_IFNAME",
                        "CNI_ARGS",
                        "CNI_PATH");
        assertThat(plugins.calls().getFirst().stdin()).isEqualTo(Json.mapper().readTree("{\"type\":\"bridge\"}"));
    }

    @Test
    void namesTheDirectoriesThatLackAPlugin() {
        CniInvocation missing = new CniInvocation(
                CniVerb.ADD, "calico", Json.mapper().createObjectNode(), null, Duration.ofSeconds(1), ACTION);

        assertThatThrownBy(() -> runner.run(missing))
                .isInstanceOf(GantryException.class)
                .hasMessage(ACTION + ": CNI plugin calico is not in " + bin.resolve("none") + ", " + bin
                        + "; install the plugin there or correct network.bin_dirs");
    }

    @ParameterizedTest
    @CsvSource({
        "1, FAILED_PRECONDITION, '; change cniVersion in the network configuration or update the plugin'",
        "7, FAILED_PRECONDITION, '; correct the network configuration'",
        "11, UNAVAILABLE, '; the plugin asks to try again later'",
        "50, UNAVAILABLE, '; look at the network plugin''s own pods or service on this node'",
        "100, INTERNAL, '; the words are the plugin''s: check the network configuration and what the plugin needs'",
        "999, INTERNAL, '; the words are the plugin''s: check the network configuration and what the plugin needs'"
    })
    void saysWhatThePluginSaid(int code, ErrorKind kind, String remedy) {
        plugins.failing("bridge", "ADD", "{\"code\":" + code + ",\"msg\":\"no\\nway\",\"details\":\"full\"}");

        GantryException error = addFailure();

        assertThat(error.kind()).isEqualTo(kind);
        assertThat(error)
                .hasMessage(ACTION + ": plugin bridge failed on ADD: no way (full) [code " + code + "]" + remedy);
    }

    @Test
    void reportsAFailureWithoutAnErrorStructure() {
        plugins.on("bridge", "ADD", call -> FakePlugins.failure(2, "Usage: \u001b[1mbridge", "segfault"));

        assertThat(addFailure())
                .hasMessage(ACTION + ": plugin bridge failed on ADD: exit status 2 without an error structure;"
                        + " stdout: Usage: ?[1mbridge; stderr: segfault");
    }

    @Test
    void reportsASilentFailure() {
        plugins.on("bridge", "ADD", call -> FakePlugins.failure(3, "", ""));

        assertThat(addFailure())
                .hasMessage(ACTION + ": plugin bridge failed on ADD: exit status 3 and printed nothing");
    }

    @Test
    void reportsAnEmptyAnswer() {
        assertThat(addFailure())
                .hasMessage(ACTION + ": plugin bridge succeeded but printed nothing on ADD;"
                        + " the plugin breaks the CNI specification; update it");
    }

    @Test
    void reportsRubbish() {
        plugins.answering("bridge", "ADD", "hello\nworld " + "x".repeat(1000));

        assertThat(addFailure().problem())
                .startsWith("plugin bridge printed what is not JSON: hello world xxx")
                .endsWith("xxx… (1012 characters) on ADD");
    }

    @Test
    void reportsAnAnswerBeyondAllMeasure() {
        plugins.on(
                "bridge",
                "ADD",
                call -> new ProcessResult(new ExitStatus(0, 0), new byte[1 << 20], new byte[0], false, true));

        assertThat(addFailure().problem()).isEqualTo("plugin bridge printed more than 1048576 bytes on ADD");
    }

    @Test
    void reportsAnAnswerThatIsNoResult() {
        plugins.answering("bridge", "ADD", "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"x\"}]}");

        assertThat(addFailure().problem())
                .isEqualTo("plugin bridge answered ADD with what is not a result: x has no prefix length");
    }

    @Test
    void reportsAKilledPlugin() {
        plugins.on(
                "bridge",
                "ADD",
                call -> new ProcessResult(
                        new ExitStatus(137, 9),
                        new byte[0],
                        "waiting for daemon".getBytes(StandardCharsets.UTF_8),
                        true,
                        false));

        GantryException error = addFailure();

        assertThat(error.kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
        assertThat(error.problem())
                .isEqualTo("plugin bridge did not finish ADD within 5000 ms and was killed;"
                        + " it had printed: waiting for daemon");
    }

    @Test
    void asksForVersionsOnceUntilTheProgramChanges() throws Exception {
        plugins.answering(
                "bridge",
                "VERSION",
                "{\"cniVersion\":\"1.1.0\",\"supportedVersions\":[\"0.1.0\",\"1.0.0\",\"9.0.0\"]}");
        PluginVersions versions = new PluginVersions(runner);

        assertThat(versions.spokenBy("bridge", "ask")).containsExactly(CniVersion.V1_0_0);
        assertThat(versions.spokenBy("bridge", "ask")).containsExactly(CniVersion.V1_0_0);
        assertThat(plugins.calls()).hasSize(1);
        assertThat(plugins.calls().getFirst().stdin()).isEqualTo(Json.mapper().readTree("{\"cniVersion\":\"1.1.0\"}"));

        Files.writeString(bin.resolve("bridge"), "another program");
        plugins.answering("bridge", "VERSION", "{\"supportedVersions\":[\"1.0.0\",\"1.1.0\"]}");
        assertThat(versions.spokenBy("bridge", "ask")).containsExactlyInAnyOrder(CniVersion.V1_0_0, CniVersion.V1_1_0);
    }

    private GantryException addFailure() {
        GantryException failure = catchThrowableOfType(
                GantryException.class, () -> runner.add(invocation(CniVerb.ADD), CniVersion.V1_0_0));
        assertThat(failure).isNotNull();
        return failure;
    }

    private static CniInvocation invocation(CniVerb verb) {
        return new CniInvocation(
                verb,
                "bridge",
                Json.mapper().createObjectNode().put("type", "bridge"),
                new CniTarget("3f2a", "/run/netns/3f2a", "eth0", "IgnoreUnknown=1"),
                Duration.ofSeconds(5),
                ACTION);
    }
}
