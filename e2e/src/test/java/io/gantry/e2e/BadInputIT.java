package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.runtime.NodeContents;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.node.ObjectNode;

/** What a user gets wrong is answered with the action, the subject, the problem and the remedy, and leaves nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BadInputIT {
    private CriRun run;
    private FaultyRegistry faulty;
    private Crictl crictl;
    private Replacements replacements;
    private List<String> mountsBefore;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "states Gantry's own words; other runtimes have others");
        run = CriRun.start();
        faulty = FaultyRegistry.start();
        run.runtime().node().writeMirror("faulty.example.test", faulty.address());
        crictl = run.crictl();
        crictl.run("pull", Crictl.BUSYBOX);
        replacements = new Replacements()
                .with(run.registry().address(), "REGISTRY")
                .with(faulty.address(), "FAULTY")
                .with(FaultyRegistry.promisedDigest(), "PROMISED")
                .with(FaultyRegistry.servedDigest(), "SERVED")
                .with(run.runtime().node().base(), "BASE")
                .with(run.runtime().node().state(), "STATE")
                .with(run.runtime().node().network(), "NETWORK");
    }

    @AfterAll
    void close() throws Exception {
        if (faulty != null) {
            faulty.close();
        }
        if (run != null) {
            run.close();
        }
    }

    @BeforeEach
    void remember() throws Exception {
        mountsBefore = new NodeContents(run.runtime().node()).mounts();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        run.runtime().removePods();
        NodeContents contents = new NodeContents(run.runtime().node());
        assertThat(contents.mounts()).as("mounts").isEqualTo(mountsBefore);
        assertThat(contents.leases()).as("address leases").isEmpty();
        assertThat(contents.bridgePorts()).as("ports of the bridge").isEmpty();
        assertThat(crictl.ids("ps", "-a", "-q")).as("containers").isEmpty();
    }

    @Test
    void anUnknownImage() throws Exception {
        assertRefused("NotFound", "TEXT", "pull", "registry.k8s.io/gantry/no-such-image:1");
        assertThat(crictl.ids("images", "-q")).hasSize(1);
    }

    @Test
    void anImageWithoutThisPlatform() throws Exception {
        assertRefused("NotFound", "TEXT", "pull", "registry.k8s.io/gantry/other-platform:1");
        assertThat(crictl.ids("images", "-q")).hasSize(1);
    }

    @Test
    void aLayerWithAnotherDigestThanItsManifestSays() throws Exception {
        assertRefused("DataLoss", "TEXT", "pull", "faulty.example.test/wrong/digest:1");
        assertThat(crictl.ids("images", "-q")).hasSize(1);
    }

    @Test
    void aRegistryThatWantsCredentials() throws Exception {
        assertRefused("Unauthenticated", "TEXT", "pull", "faulty.example.test/private/image:1");
    }

    @Test
    void anUnknownRuntimeHandler() throws Exception {
        assertRefused("NotFound", "TEXT", "runp", "--runtime", "no-such-handler", crictl.file(pod("handler")));
        assertThat(crictl.ids("pods", "-q")).isEmpty();
    }

    @Test
    void noNetworkConfiguration() throws Exception {
        Path conflist = run.runtime().node().networks().resolve("10-e2e.conflist");
        Files.delete(conflist);
        try {
            awaitNetworkReady(false);
            assertRefused("FailedPrecondition", "TEXT", "runp", crictl.file(pod("no-conflist")));
        } finally {
            run.runtime().node().writeConflist();
            awaitNetworkReady(true);
        }
        assertThat(crictl.ids("pods", "-q")).isEmpty();
    }

    @Test
    void aNetworkPluginThatFails() throws Exception {
        Path conflist = run.runtime().node().networks().resolve("10-e2e.conflist");
        Files.writeString(conflist, run.runtime().node().conflist().replace("\"subnet\": \"", "\"subnet\": \"not-"));
        try {
            Thread.sleep(1000);
            assertRefused("Internal", "TEXT", "runp", crictl.file(pod("plugin-fails")));
        } finally {
            run.runtime().node().writeConflist();
            awaitNetworkReady(true);
        }
        assertThat(crictl.ids("pods", "-q")).isEmpty();
    }

    @Test
    void aCommandThatIsNotInTheImage() throws Exception {
        ObjectNode pod = pod("no-command");
        String podId = crictl.runPod(pod);
        ObjectNode container = crictl.container("main", Crictl.BUSYBOX, "/no/such/command");
        // Kubernetes tells the user from either call; a created container that cannot start stays, and says why.
        String created = crictl.attempt("create", podId, crictl.file(container), crictl.file(pod))
                .output()
                .strip();
        if (created.isEmpty()) {
            assertRefused("InvalidArgument", "TEXT", "create", podId, crictl.file(container), crictl.file(pod));
        } else {
            assertRefused("InvalidArgument", "TEXT", "start", created);
        }
    }

    @Test
    void aMountSourceThatIsNotThere() throws Exception {
        ObjectNode pod = pod("no-source");
        String podId = crictl.runPod(pod);
        ObjectNode container = crictl.container("main", Crictl.BUSYBOX, "true");
        container.putArray("mounts").addObject().put("container_path", "/data").put("host_path", "/no/such/source");
        assertCreateRefused("InvalidArgument", "TEXT", podId, container, pod);
    }

    @Test
    void aMemoryLimitBelowTheMinimum() throws Exception {
        ObjectNode pod = pod("little-memory");
        String podId = crictl.runPod(pod);
        ObjectNode container = crictl.container("main", Crictl.BUSYBOX, "true");
        container.withObject("/linux").putObject("resources").put("memory_limit_in_bytes", 1024);
        assertCreateRefused("InvalidArgument", "TEXT", podId, container, pod);
    }

    @Test
    void anInvalidSysctl() throws Exception {
        ObjectNode pod = pod("sysctl");
        pod.withObject("/linux").putObject("sysctls").put("kernel.no_such_key", "1");
        assertRefused("InvalidArgument", "TEXT", "runp", crictl.file(pod));
        assertThat(crictl.ids("pods", "-q")).isEmpty();
    }

    private ObjectNode pod(String name) throws Exception {
        ObjectNode pod = crictl.pod(name);
        Files.createDirectories(Path.of(pod.get("log_directory").stringValue()));
        return pod;
    }

    private void assertCreateRefused(String code, String text, String podId, ObjectNode container, ObjectNode pod)
            throws Exception {
        assertRefused(code, text, "create", podId, crictl.file(container), crictl.file(pod));
        assertThat(crictl.ids("ps", "-a", "-q")).isEmpty();
    }

    private void assertRefused(String code, String text, Object... arguments) throws Exception {
        assertThat(Refusal.parse(crictl.refused(arguments), replacements)).isEqualTo(new Refusal(code, text));
    }

    private void awaitNetworkReady(boolean ready) throws Exception {
        String wanted = ready ? "true" : "false";
        for (int i = 0; i < 100; i++) {
            String state =
                    crictl.run("info", "-o", "go-template", "--template", "{{(index .status.conditions 1).status}}");
            if (state.equals(wanted)) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError(
                "wait for NetworkReady " + wanted + ": it is not after ten seconds: " + crictl.run("info"));
    }
}
