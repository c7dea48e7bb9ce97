package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.e2e.runtime.NodeContents;
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
            runAndRemove(crictl, "first");
            List<String> mountsBefore = contents.mounts();
            List<Long> processesBefore = contents.processes();
            SortedSet<String> filesBefore = contents.files();
            int descriptorsBefore =
                    NodeContents.networkDescriptors(run.runtime().pid()).size();

            for (int i = 0; i < 20; i++) {
                runAndRemove(crictl, "pod-" + i);
            }

            SoftAssertions soft = new SoftAssertions();
            soft.assertThat(contents.mounts()).as("mounts").isEqualTo(mountsBefore);
            soft.assertThat(processesBeside(processesBefore, contents).stream().map(NodeContents::commandLine))
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

    /** Processes that were not there before. One that is just ending, as a monitor does after its container, gets time. */
    private static List<Long> processesBeside(List<Long> before, NodeContents contents) throws Exception {
        List<Long> processes = List.of();
        for (int i = 0; i < 50; i++) {
            processes = contents.processes();
            processes.removeAll(before);
            if (processes.isEmpty()) {
                break;
            }
            Thread.sleep(100);
        }
        return processes;
    }

    private static void runAndRemove(Crictl crictl, String name) throws Exception {
        ObjectNode pod = crictl.pod(name);
        String podId = crictl.runPod(pod);
        String id = crictl.runContainer(podId, pod, crictl.container("main", Crictl.BUSYBOX, "sleep", "infinity"));
        assertThat(crictl.inspect(id).get("state").stringValue()).isEqualTo("CONTAINER_RUNNING");
        crictl.removePod(podId);
    }
}
