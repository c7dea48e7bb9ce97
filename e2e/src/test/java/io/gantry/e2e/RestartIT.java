package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.e2e.process.Result;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** The daemon is killed with SIGKILL while containers run and exit; after its start everything is still right. */
class RestartIT {
    private static final String COUNTING = "i=0; while :; do echo line-$i; i=$((i+1)); sleep 0.1; done";

    @Test
    void nothingIsLostWhenTheDaemonIsKilled() throws Exception {
        try (CriRun run = CriRun.start()) {
            Crictl crictl = run.crictl();
            crictl.run("pull", Crictl.BUSYBOX);
            ObjectNode pod = crictl.pod("survivor");
            String podId = crictl.runPod(pod);
            String running = crictl.runContainer(podId, pod, shell(crictl, "running", COUNTING));
            String before = crictl.runContainer(podId, pod, shell(crictl, "before", "exit 3"));
            String during =
                    crictl.runContainer(podId, pod, shell(crictl, "during", "sleep 2; echo last words; exit 7"));
            String created =
                    crictl.run("create", podId, crictl.file(shell(crictl, "created", "exit 0")), crictl.file(pod));
            crictl.awaitExit(before);
            JsonNode podBefore = crictl.inspectPod(podId);
            JsonNode endBefore = crictl.inspect(before);
            ObjectNode stopped = crictl.pod("stopped");
            String stoppedId = crictl.runPod(stopped);
            crictl.run("stopp", stoppedId);
            List<String> images = images(crictl);

            run.runtime().kill();
            Thread.sleep(4000);
            run.runtime().start();

            JsonNode podAfter = crictl.inspectPod(podId);
            assertThat(podAfter.get("state").stringValue()).isEqualTo("SANDBOX_READY");
            assertThat(podAfter.at("/network/ip")).isEqualTo(podBefore.at("/network/ip"));
            assertThat(podAfter.get("createdAt")).isEqualTo(podBefore.get("createdAt"));
            assertThat(crictl.inspect(running).get("state").stringValue()).isEqualTo("CONTAINER_RUNNING");
            assertThat(crictl.inspect(created).get("state").stringValue()).isEqualTo("CONTAINER_CREATED");
            assertExited(crictl.inspect(before), 3);
            assertExited(crictl.awaitExit(during), 7);
            assertThat(crictl.attempt("logs", during).output()).isEqualTo("last words\n");
            assertThat(crictl.inspect(before)).isEqualTo(endBefore);
            assertThat(crictl.inspectPod(stoppedId).get("state").stringValue()).isEqualTo("SANDBOX_NOTREADY");
            assertThat(images(crictl)).isEqualTo(images).isNotEmpty();

            crictl.run("start", created);
            assertExited(crictl.awaitExit(created), 0);
            assertThat(crictl.run("exec", "--sync", running, "echo", "alive")).isEqualTo("alive");
            crictl.run("stop", "--timeout", "0", running);
            assertNoGap(crictl.attempt("logs", running));
            assertExited(crictl.inspect(running), 137);
            crictl.removePod(podId);
            crictl.removePod(stoppedId);
            assertThat(crictl.ids("pods", "-q")).isEmpty();
        }
    }

    /** Ids, tags, digests, sizes: all that is told of each image. */
    private static List<String> images(Crictl crictl) throws Exception {
        List<String> images = new ArrayList<>();
        for (String id : crictl.ids("images", "-q")) {
            images.add(crictl.run("inspecti", "-o", "json", id));
        }
        return images;
    }

    private static ObjectNode shell(Crictl crictl, String name, String script) {
        return crictl.container(name, Crictl.BUSYBOX, "sh", "-c", script);
    }

    private static void assertExited(JsonNode status, int code) {
        assertThat(status.get("state").stringValue()).isEqualTo("CONTAINER_EXITED");
        assertThat(status.get("exitCode").intValue()).isEqualTo(code);
    }

    /** Every line from the first is there, also those written while no daemon ran: more than four seconds' worth. */
    private static void assertNoGap(Result logs) {
        List<String> lines = logs.output().lines().toList();
        assertThat(lines.size()).isGreaterThan(20);
        for (int i = 0; i < lines.size(); i++) {
            assertThat(lines.get(i)).isEqualTo("line-" + i);
        }
    }
}
