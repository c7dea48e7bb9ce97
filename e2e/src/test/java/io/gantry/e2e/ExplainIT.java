package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.process.Result;
import io.gantry.e2e.runtime.Toolbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** {@code gantry explain}: what hangs and why, and how long starts took. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ExplainIT {
    private static final String PLUGIN = "gantry-e2e-hangs";
    private static final JsonMapper JSON = JsonMapper.shared();

    private CriRun run;
    private Crictl crictl;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "the command is Gantry's own; other runtimes have none like it");
        run = CriRun.start();
        crictl = run.crictl();
        crictl.run("pull", Crictl.BUSYBOX);
    }

    @AfterAll
    void close() throws Exception {
        if (run != null) {
            run.close();
        }
    }

    private Result explain(String... arguments) throws Exception {
        List<Object> words = new ArrayList<>(List.of(
                Toolbox.gantry().resolve("bin/gantry"),
                "explain",
                "--socket",
                run.runtime().node().socket()));
        words.addAll(List.of(arguments));
        return Command.of(words.toArray()).result();
    }

    /** Waits until a pod is said to wait for the plugin, and returns all that is said. */
    private JsonNode awaitWait(String pod) throws Exception {
        for (int i = 0; i < 100; i++) {
            Result told = explain(pod, "--json");
            if (told.status() == 0 && told.output().contains("CNI plugin " + PLUGIN + " to finish ADD")) {
                return JSON.readTree(told.output());
            }
            Thread.sleep(100);
        }
        throw new AssertionError("wait for the plugin to be named: it is not: " + explain(pod));
    }

    /** Puts another conflist in the place of the node's, and waits until the daemon has seen it. */
    private void replaceConflist(String text) throws Exception {
        Path conflist = run.runtime().node().networks().resolve("10-e2e.conflist");
        Files.delete(conflist);
        awaitNetworkReady("false");
        Files.writeString(conflist, text);
        awaitNetworkReady("true");
    }

    private void awaitNetworkReady(String wanted) throws Exception {
        for (int i = 0; i < 100; i++) {
            String state =
                    crictl.run("info", "-o", "go-template", "--template", "{{(index .status.conditions 1).status}}");
            if (state.equals(wanted)) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("wait for NetworkReady " + wanted + ": it is not after ten seconds");
    }

    @Test
    void aPodWhoseNetworkPluginHangsNamesIt() throws Exception {
        Path plugin = run.runtime().node().plugins().resolve(PLUGIN);
        Path go = run.runtime().node().files().resolve("go-on");
        Files.writeString(plugin, """
                #!/bin/sh
                cat >/dev/null
                case $CNI_COMMAND in
                    VERSION) echo '{"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0"]}' ;;
                    ADD)
                        while ! [ -e %s ]; do sleep 0.1; done
                        echo '{"cniVersion": "1.0.0", "code": 100, "msg": "no address"}'
                        exit 1
                        ;;
                esac
                """.formatted(go));
        Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwxr-xr-x"));
        replaceConflist(
                "{\"cniVersion\": \"1.0.0\", \"name\": \"hanging\", \"plugins\": [{\"type\": \"" + PLUGIN + "\"}]}");
        ObjectNode pod = crictl.pod("stuck");
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            Future<String> refused = executor.submit(() -> crictl.refused("runp", crictl.file(pod)));
            try {
                JsonNode told = awaitWait("e2e/stuck");
                assertThat(told.at("/kind").stringValue()).isEqualTo("pod");
                assertThat(told.at("/state").stringValue()).isEqualTo("being created");
                assertThat(told.at("/activity/0/call").stringValue()).isEqualTo("RunPodSandbox");
                assertThat(told.at("/activity/0/step").stringValue()).isEqualTo("network");
                assertThat(told.at("/activity/0/waitsFor/0/what").stringValue())
                        .contains("CNI plugin " + PLUGIN + " to finish ADD");
                assertThat(told.at("/activity/0/waitsFor/0/deadline").isMissingNode())
                        .isFalse();
                assertThat(told.at("/activity/0/steps").toString()).contains("\"pause\"");
                Result byId = explain(told.at("/id").stringValue().substring(0, 13));
                assertThat(byId.line())
                        .contains("pod e2e/stuck")
                        .contains("in step network")
                        .contains("waits for CNI plugin " + PLUGIN)
                        .contains("deadline in");
            } finally {
                Files.writeString(go, "");
            }
            assertThat(refused.get()).contains("no address");
        } finally {
            replaceConflist(run.runtime().node().conflist());
        }
        assertThat(explain("stuck").line())
                .contains("state   not there: RunPodSandbox failed")
                .contains("failed  RunPodSandbox in step network")
                .contains("no address");
    }

    @Test
    void aRunningPodTellsTheStepsOfItsStart() throws Exception {
        ObjectNode pod = crictl.pod("running");
        String podId = crictl.runPod(pod);
        String container =
                crictl.runContainer(podId, pod, crictl.container("main", Crictl.BUSYBOX, "top", "-b", "-d", "60"));

        assertThat(explain("running").line())
                .contains("pod e2e/running  " + podId)
                .contains("now     no call is under way")
                .containsPattern("start   RunPodSandbox took [0-9.]+ ms at .*network [0-9.]+")
                .contains("container main  " + container)
                .containsPattern("start   CreateContainer took [0-9.]+ ms at .*runtime [0-9.]+")
                .containsPattern("start   StartContainer took [0-9.]+ ms at .*runtime [0-9.]+");
        assertThat(explain("running/main").status()).isEqualTo(1);
        assertThat(explain("e2e/running/main", "--json").line()).contains("\"kind\" : \"container\"");
        assertThat(crictl.run("inspectp", podId)).contains("\"activity\"").contains("\"steps\"");

        run.runtime().kill();
        run.runtime().start();
        assertThat(explain(podId).line()).contains("before this daemon began");
        crictl.removePod(podId);
        Result gone = explain(podId);
        assertThat(gone.status()).isEqualTo(1);
        assertThat(gone.error()).contains("no pod or container has that name").contains("'gantry pods'");
    }
}
