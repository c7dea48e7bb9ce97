package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.e2e.runtime.NodeContents;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SortedSet;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.node.ObjectNode;

/** Pods come and go and leave nothing behind. */
class TwentyPodsIT {

    @Test
    void twentyPodsOneAfterTheOtherLeaveNothing() throws Exception {
        try (CriRun run = CriRun.start()) {
            Crictl crictl = run.crictl();
            NodeContents contents = new NodeContents(run.runtime().node());
            crictl.run("pull", Crictl.BUSYBOX);
            // The first pod brings what a runtime makes once: directories, the bridge, cgroups above the pod's.
            runAndRemove(crictl, "first", freePort());
            List<String> mountsBefore = contents.mounts();
            List<Long> processesBefore = contents.processes();
            SortedSet<String> filesBefore = contents.files();
            int descriptorsBefore =
                    NodeContents.networkDescriptors(run.runtime().pid()).size();

            for (int i = 0; i < 20; i++) {
                // Every other one with a port of the node.
                runAndRemove(crictl, "pod-" + i, i % 2 == 0 ? freePort() : 0);
            }

            SoftAssertions soft = new SoftAssertions();
            soft.assertThat(contents.mounts()).as("mounts").isEqualTo(mountsBefore);
            soft.assertThat(contents.processesBeside(processesBefore))
                    .as("processes")
                    .isEmpty();
            soft.assertThat(contents.cgroups())
                    .as("cgroups below the pods' parent")
                    .allMatch(
                            path -> path.endsWith(run.runtime().node().cgroup().substring(1)));
            soft.assertThat(contents.bridgePorts()).as("ports of the bridge").isEmpty();
            soft.assertThat(contents.leases()).as("address leases").isEmpty();
            soft.assertThat(contents.rules()).as("iptables rules").isEmpty();
            soft.assertThat(NodeContents.networkDescriptors(run.runtime().pid()))
                    .as("network namespaces held open by the daemon")
                    .hasSizeLessThanOrEqualTo(descriptorsBefore);
            SortedSet<String> files = contents.files();
            files.removeAll(filesBefore);
            soft.assertThat(files).as("files under root and state").isEmpty();
            soft.assertThat(crictl.ids("pods", "-q")).as("pods").isEmpty();
            soft.assertThat(crictl.ids("ps", "-a", "-q")).as("containers").isEmpty();
            soft.assertAll();
        }
    }

    private static void runAndRemove(Crictl crictl, String name, int hostPort) throws Exception {
        ObjectNode pod = crictl.pod(name);
        if (hostPort > 0) {
            pod.putArray("port_mappings")
                    .addObject()
                    .put("protocol", 0)
                    .put("container_port", 80)
                    .put("host_port", hostPort);
        }
        String podId = crictl.runPod(pod);
        String id = crictl.runContainer(
                podId,
                pod,
                crictl.container("main", Crictl.BUSYBOX, "nc", "-ll", "-p", "80", "-e", "echo", "from " + name));
        assertThat(crictl.inspect(id).get("state").stringValue()).isEqualTo("CONTAINER_RUNNING");
        if (hostPort > 0) {
            assertThat(said(hostPort)).isEqualTo("from " + name);
        }
        crictl.removePod(podId);
    }

    /** What the server behind a port of the node says; it may still be starting. */
    private static String said(int port) throws Exception {
        for (int i = 0; ; i++) {
            try (Socket socket = new Socket("127.0.0.1", port)) {
                return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            } catch (IOException e) {
                if (i == 100) {
                    throw e;
                }
                Thread.sleep(100);
            }
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
