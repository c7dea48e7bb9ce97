package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.node.ObjectNode;

/** Pods reach each other, and the node reaches them. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PodNetworkIT {
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
    void podsAndTheNodeReachEachOther() throws Exception {
        ObjectNode first = crictl.pod("first");
        ObjectNode second = crictl.pod("second");
        String firstId = crictl.runPod(first);
        String secondId = crictl.runPod(second);
        ObjectNode server = crictl.container("server", Crictl.BUSYBOX, "nc", "-ll", "-p", "80", "-e", "hostname");
        String unused = crictl.runContainer(secondId, second, server);
        String client = crictl.runContainer(
                firstId, first, crictl.container("client", Crictl.BUSYBOX, "top", "-b", "-d", "60"));
        String address = crictl.inspectPod(secondId).at("/network/ip").stringValue();

        assertThat(crictl.run("exec", "--sync", client, "ping", "-c", "1", "-W", "5", address))
                .contains("1 packets received");
        assertThat(crictl.run(
                        "exec",
                        "--sync",
                        client,
                        "sh",
                        "-c",
                        "for i in 1 2 3 4 5 6 7 8 9; do nc " + address + " 80 </dev/null && exit; sleep 1; done"))
                .isEqualTo("second");
        try (Socket fromNode = new Socket(address, 80)) {
            assertThat(new String(fromNode.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip())
                    .isEqualTo("second");
        }
        crictl.removePod(firstId);
        crictl.removePod(secondId);
    }
}
