package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.pod.config.DnsConfig;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.ContainerPhase;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.testing.PodBed;
import io.gantry.pod.testing.Records;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What the containers of one pod have in common, and pods do not. */
class SharedPodTests {
    private PodBed bed;

    @BeforeEach
    void open() throws IOException, InterruptedException {
        bed = PodBed.create();
    }

    @AfterEach
    void close() {
        if (bed != null) {
            bed.close();
        }
    }

    private String exec(String container, String script) throws InterruptedException {
        var result = bed.pods().containers().execSync(container, List.of("sh", "-c", script), Duration.ZERO);
        return new String(result.stdout(), StandardCharsets.UTF_8).strip();
    }

    @Test
    void sharedMemoryIsOneForAllContainersAndOnlyThem() throws Exception {
        String pod = bed.run("pod");
        String first = bed.start(pod, "first", "sleep 1000");
        String second = bed.start(pod, "second", "sleep 1000");
        String elsewhere = bed.start(bed.run("other"), "main", "sleep 1000");

        assertThat(exec(first, "echo kept >/dev/shm/note")).isEmpty();

        assertThat(exec(second, "cat /dev/shm/note")).isEqualTo("kept");
        assertThat(exec(elsewhere, "ls /dev/shm")).isEmpty();
        assertThat(exec(first, "busybox df -k /dev/shm | busybox tail -n 1")).contains(" 65536 ");
        bed.pods().containers().stop(first, Duration.ZERO);
        bed.pods().containers().remove(first);
        assertThat(exec(second, "cat /dev/shm/note")).isEqualTo("kept");
    }

    @Test
    void nameAndResolverAreThePods() throws Exception {
        PodSandboxConfig config = Records.with(
                Records.with(bed.sandbox("pod"), "hostname", "web-0"),
                "dns",
                new DnsConfig(List.of("10.0.0.10"), List.of("svc.example"), List.of("ndots:5")));
        String pod = bed.pods().sandboxes().run(config, "");
        String id = bed.start(pod, "main", "sleep 1000");

        assertThat(exec(id, "busybox hostname; cat /etc/hostname; echo $HOSTNAME"))
                .isEqualTo("web-0\nweb-0\nweb-0");
        assertThat(exec(id, "cat /etc/resolv.conf"))
                .isEqualTo("search svc.example\nnameserver 10.0.0.10\noptions ndots:5");
    }

    @Test
    void aPodOfTheHostsNamespacesHasTheHosts() throws Exception {
        NamespaceOptions host =
                new NamespaceOptions(NamespaceMode.NODE, NamespaceMode.NODE, NamespaceMode.NODE, "", null);
        PodSandboxConfig config = bed.sandbox("host", host);
        String pod = bed.pods().sandboxes().run(config, "");
        String id = bed.pods()
                .containers()
                .create(pod, bed.container("main", List.of("sleep", "1000"), LinuxResources.NONE, host), config);
        bed.pods().containers().start(id);

        for (String namespace : List.of("net", "ipc", "pid")) {
            assertThat(exec(id, "busybox readlink /proc/self/ns/" + namespace))
                    .as(namespace)
                    .isEqualTo(Files.readSymbolicLink(Path.of("/proc/self/ns", namespace))
                            .toString());
        }
        assertThat(bed.pods().sandboxes().status(pod).ips()).isEmpty();
        assertThat(bed.dels()).isZero();
    }

    @Test
    void listsAreFilteredByAllThatIsGiven() throws Exception {
        String pod = bed.run("pod");
        String other = bed.run("other");
        String running = bed.start(pod, "running", "sleep 1000");
        String created = bed.create(pod, "created", "exit 0");
        String elsewhere = bed.start(other, "running", "sleep 1000");

        assertThat(containers("", "", null, Map.of())).containsExactlyInAnyOrder(running, created, elsewhere);
        assertThat(containers("", pod, null, Map.of())).containsExactlyInAnyOrder(running, created);
        assertThat(containers("", pod, ContainerPhase.RUNNING, Map.of())).containsExactly(running);
        assertThat(containers("", "", ContainerPhase.CREATED, Map.of())).containsExactly(created);
        assertThat(containers("", "", null, Map.of("container", "running")))
                .containsExactlyInAnyOrder(running, elsewhere);
        assertThat(containers("", pod, null, Map.of("container", "none"))).isEmpty();
        assertThat(containers(running.substring(0, 12), "", null, Map.of())).containsExactly(running);

        bed.pods().sandboxes().stop(other);
        assertThat(sandboxes("", true, Map.of())).containsExactly(pod);
        assertThat(sandboxes("", false, Map.of())).containsExactly(other);
        assertThat(sandboxes("", null, Map.of("pod", "other"))).containsExactly(other);
        assertThat(sandboxes(pod.substring(0, 12), null, Map.of())).containsExactly(pod);
    }

    private List<String> containers(
            String id, String sandbox, @Nullable ContainerPhase phase, Map<String, String> labels) {
        return bed.pods().containers().list(new ContainerFilter(id, sandbox, phase, labels)).stream()
                .map(Container::id)
                .toList();
    }

    private List<String> sandboxes(String id, @Nullable Boolean ready, Map<String, String> labels) {
        return bed.pods().sandboxes().list(new SandboxFilter(id, ready, labels)).stream()
                .map(PodSandbox::id)
                .toList();
    }

    @Test
    void aNameIsFreeAgainOnceItsOwnerIsRemoved() throws Exception {
        String first = bed.run("pod");
        String container = bed.start(first, "main", "sleep 1000");
        bed.pods().containers().remove(container);
        assertThat(bed.start(first, "main", "sleep 1000")).isNotEqualTo(container);

        bed.pods().sandboxes().remove(first);
        bed.pods().sandboxes().remove(first);
        bed.pods().sandboxes().stop(first);

        assertThat(bed.run("pod")).isNotEqualTo(first);
    }

    @Test
    void linesKeepTheirStreamAndLongOnesAreInPieces() throws Exception {
        String pod = bed.run("pod");
        String id = bed.start(
                pod,
                "main",
                "echo short; echo bad >&2; busybox head -c 20000 /dev/zero | busybox tr '\\0' x; echo; printf end");
        var unused = bed.awaitExit(id);

        List<String> lines = bed.log("pod", "main").lines().toList();
        assertThat(lines.getFirst()).matches("[0-9-]+T[0-9:.]+(Z|[+-][0-9:]+) stdout F short");
        assertThat(lines).anyMatch(line -> line.endsWith(" stderr F bad"));
        int length = 0;
        for (String line : lines) {
            int at = line.indexOf(" stdout P x");
            at = at < 0 ? line.indexOf(" stdout F x") : at;
            length += at < 0 ? 0 : line.length() - at - " stdout P ".length();
        }
        assertThat(length).isEqualTo(20_000);
        assertThat(lines.stream().filter(line -> line.contains(" stdout P x")).count())
                .isPositive();
        assertThat(lines.getLast()).matches(".* stdout [PF] end");
    }
}
