package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.e2e.process.Result;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The main way through CRI, step by step, with crictl. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CrictlSmokeIT {
    private CriRun run;
    private Crictl crictl;

    @BeforeAll
    void start() throws Exception {
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

    @Test
    void aPodRunsFromPullToRemoval() throws Exception {
        ObjectNode pod = crictl.pod("smoke");
        String podId = crictl.runPod(pod);
        JsonNode podStatus = crictl.inspectPod(podId);
        assertThat(podStatus.get("state").stringValue()).isEqualTo("SANDBOX_READY");
        assertThat(podStatus.at("/network/ip").stringValue())
                .startsWith(run.runtime().node().subnet().replace("0/24", ""));

        ObjectNode container = crictl.container(
                "main",
                Crictl.BUSYBOX,
                "sh",
                "-c",
                "echo to-output; echo to-error >&2; hostname; exec top -b -d 60 >/dev/null");
        String id = crictl.run("create", podId, crictl.file(container), crictl.file(pod));
        assertThat(crictl.inspect(id).get("state").stringValue()).isEqualTo("CONTAINER_CREATED");
        crictl.run("start", id);
        JsonNode status = crictl.inspect(id);
        assertThat(status.get("state").stringValue()).isEqualTo("CONTAINER_RUNNING");
        assertThat(crictl.ids("ps", "-q")).containsExactly(id);

        awaitLines(Path.of(status.get("logPath").stringValue()), 3);
        Result logs = crictl.attempt("logs", id);
        assertThat(logs.output()).isEqualTo("to-output\nsmoke\n");
        assertThat(logs.error()).isEqualTo("to-error\n");

        crictl.run("stop", "--timeout", "5", id);
        JsonNode stopped = crictl.inspect(id);
        assertThat(stopped.get("state").stringValue()).isEqualTo("CONTAINER_EXITED");
        assertThat(stopped.get("exitCode").intValue()).isEqualTo(143);
        crictl.run("rm", id);
        assertThat(crictl.ids("ps", "-a", "-q")).isEmpty();
        crictl.removePod(podId);
        assertThat(crictl.ids("pods", "-q")).isEmpty();
    }

    @Test
    void execReturnsOutputAndExitCode() throws Exception {
        ObjectNode pod = crictl.pod("exec");
        String podId = crictl.runPod(pod);
        String id = crictl.runContainer(podId, pod, crictl.container("main", Crictl.BUSYBOX, "top", "-b", "-d", "60"));

        Result both = crictl.attempt("exec", "--sync", id, "sh", "-c", "echo out; echo err >&2");
        assertThat(both.output()).contains("out");
        assertThat(both.output() + both.error()).contains("err");
        assertThat(crictl.refused("exec", "--sync", id, "sh", "-c", "exit 3")).contains("exited with 3");
        assertThat(crictl.run("exec", "--sync", id, "id", "-u")).isEqualTo("0");
        crictl.removePod(podId);
    }

    @Test
    void anExitIsReportedWithItsCodeAndReason() throws Exception {
        ObjectNode pod = crictl.pod("exits");
        String podId = crictl.runPod(pod);
        String bad = crictl.runContainer(podId, pod, crictl.container("bad", Crictl.BUSYBOX, "sh", "-c", "exit 7"));
        String good = crictl.runContainer(podId, pod, crictl.container("good", Crictl.BUSYBOX, "true"));

        JsonNode badStatus = crictl.awaitExit(bad);
        assertThat(badStatus.get("exitCode").intValue()).isEqualTo(7);
        assertThat(badStatus.get("reason").stringValue()).isEqualTo("Error");
        JsonNode goodStatus = crictl.awaitExit(good);
        assertThat(goodStatus.get("exitCode").intValue()).isZero();
        assertThat(goodStatus.get("reason").stringValue()).isEqualTo("Completed");
        crictl.removePod(podId);
    }

    @Test
    void imagesAreListedByTagAndDigestAndRemoved() throws Exception {
        String image = "registry.k8s.io/e2e-test-images/nonewprivs:1.3";
        crictl.run("pull", image);
        String digest =
                crictl.run("inspecti", "-o", "go-template", "--template", "{{index .status.repoDigests 0}}", image);
        assertThat(digest).startsWith("registry.k8s.io/e2e-test-images/nonewprivs@sha256:");
        String id = crictl.run("inspecti", "-o", "go-template", "--template", "{{.status.id}}", image);
        assertThat(crictl.ids("images", "-q")).contains(id);
        crictl.run("rmi", image);
        assertThat(crictl.refused("inspecti", image)).contains("no such image");
        crictl.run("pull", digest);
        assertThat(crictl.ids("images", "-q")).contains(id);
        crictl.run("rmi", digest);
        assertThat(crictl.ids("images", "-q")).doesNotContain(id);
    }

    private static void awaitLines(Path log, int lines) throws Exception {
        for (int i = 0; i < 100; i++) {
            if (Files.exists(log) && Files.readAllLines(log).size() >= lines) {
                return;
            }
            Thread.sleep(50);
        }
        throw new AssertionError("wait for " + lines + " lines in " + log + ": there are fewer after five seconds");
    }
}
