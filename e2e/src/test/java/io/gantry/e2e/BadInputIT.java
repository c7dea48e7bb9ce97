package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.runtime.NodeContents;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Collections;
import java.util.List;
import java.util.SortedSet;
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
    private SortedSet<String> filesBefore = Collections.emptySortedSet();
    private List<Long> processesBefore = List.of();

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
        NodeContents contents = new NodeContents(run.runtime().node());
        if (filesBefore.isEmpty()) {
            // What a runtime makes once: directories, the bridge, cgroups above the pod's.
            ObjectNode first = crictl.pod("first");
            String unused = crictl.runContainer(
                    crictl.runPod(first), first, crictl.container("main", Crictl.BUSYBOX, "sleep", "infinity"));
            run.runtime().removePods();
        }
        mountsBefore = contents.mounts();
        filesBefore = contents.files();
        processesBefore = contents.processes();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        run.runtime().removePods();
        NodeContents contents = new NodeContents(run.runtime().node());
        assertThat(contents.mounts()).as("mounts").isEqualTo(mountsBefore);
        assertThat(contents.leases()).as("address leases").isEmpty();
        assertThat(contents.bridgePorts()).as("ports of the bridge").isEmpty();
        assertThat(contents.rules()).as("iptables rules").isEmpty();
        assertThat(contents.processesBeside(processesBefore)).as("processes").isEmpty();
        assertThat(contents.cgroups())
                .as("cgroups below the pods' parent")
                .allMatch(path -> path.endsWith(run.runtime().node().cgroup().substring(1)));
        SortedSet<String> files = contents.files();
        files.removeAll(filesBefore);
        assertThat(files).as("files under root and state").isEmpty();
        assertThat(crictl.ids("ps", "-a", "-q")).as("containers").isEmpty();
    }

    @Test
    void anUnknownImage() throws Exception {
        assertRefused(
                "NotFound",
                "pull image registry.k8s.io/gantry/no-such-image:1: http://REGISTRY: not found (HTTP 404, "
                        + "MANIFEST_UNKNOWN: manifest unknown); check the name and the tag of the image",
                "pull",
                "registry.k8s.io/gantry/no-such-image:1");
        assertThat(crictl.ids("images", "-q")).hasSize(1);
    }

    @Test
    void anImageWithoutThisPlatform() throws Exception {
        assumeTrue(System.getProperty("os.arch").equals("amd64"), "states the text for amd64");
        assertRefused(
                "NotFound",
                "pull image registry.k8s.io/gantry/other-platform:1: the image has no manifest for linux/amd64, only for "
                        + "linux/s390x; use an image that is built for linux/amd64",
                "pull",
                "registry.k8s.io/gantry/other-platform:1");
        assertThat(crictl.ids("images", "-q")).hasSize(1);
    }

    @Test
    void aLayerWithAnotherDigestThanItsManifestSays() throws Exception {
        assertRefused(
                "DataLoss",
                "pull layer PROMISED of image faulty.example.test/wrong/digest:1: http://FAULTY served wrong content with "
                        + "digest SERVED; try again, other mirrors then go first; if it stays so, the content there is "
                        + "damaged",
                "pull",
                "faulty.example.test/wrong/digest:1");
        assertThat(crictl.ids("images", "-q")).hasSize(1);
    }

    @Test
    void aRegistryThatWantsCredentials() throws Exception {
        assertRefused(
                "Unauthenticated",
                "pull image faulty.example.test/private/image:1: http://FAULTY: it asks for a user name and password, "
                        + "and there are none for it; check the name of the image and the credentials for "
                        + "faulty.example.test (imagePullSecrets)",
                "pull",
                "faulty.example.test/private/image:1");
        assertThat(crictl.ids("images", "-q")).hasSize(1);
    }

    @Test
    void anUnknownRuntimeHandler() throws Exception {
        assertRefused(
                "NotFound",
                "use runtime handler 'no-such-handler': no such handler; configure it under "
                        + "[runtime.handlers.no-such-handler]; there are [crun, runc]",
                "runp",
                "--runtime",
                "no-such-handler",
                crictl.file(pod("handler")));
        assertThat(crictl.ids("pods", "-q")).isEmpty();
    }

    @Test
    void noNetworkConfiguration() throws Exception {
        replaceConflist("");
        try {
            assertRefused(
                    "Unavailable",
                    "attach sandbox ID (e2e/no-conflist) to the pod network: no network configuration (*.conflist, "
                            + "*.conf, *.json) in BASE/cni; install a network plugin, which puts its configuration into "
                            + "BASE/cni",
                    "runp",
                    crictl.file(pod("no-conflist")));
        } finally {
            replaceConflist(run.runtime().node().conflist());
        }
        assertThat(crictl.ids("pods", "-q")).isEmpty();
    }

    @Test
    void aNetworkPluginThatFails() throws Exception {
        Path plugin = run.runtime().node().plugins().resolve("gantry-e2e-fails");
        Files.writeString(plugin, """
                #!/bin/sh
                cat >/dev/null
                case $CNI_COMMAND in
                    VERSION) echo '{"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0"]}' ;;
                    ADD)
                        echo '{"cniVersion": "1.0.0", "code": 100, "msg": "no address", "details": "the pool is empty"}'
                        exit 1
                        ;;
                esac
                """);
        Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwxr-xr-x"));
        replaceConflist(
                "{\"cniVersion\": \"1.0.0\", \"name\": \"failing\", \"plugins\": [{\"type\": \"gantry-e2e-fails\"}]}");
        try {
            assertRefused(
                    "Internal",
                    "attach sandbox ID (e2e/plugin-fails) to network failing: plugin gantry-e2e-fails failed on ADD: no "
                            + "address (the pool is empty) [code 100]; the words are the plugin's: check the network "
                            + "configuration and what the plugin needs",
                    "runp",
                    crictl.file(pod("plugin-fails")));
            assertThat(crictl.ids("pods", "-q")).isEmpty();
        } finally {
            replaceConflist(run.runtime().node().conflist());
        }
    }

    @Test
    void aNetworkPluginThatOutlastsTheCall() throws Exception {
        Path started = run.runtime().node().files().resolve("slow-plugin.pids");
        Path plugin = run.runtime().node().plugins().resolve("gantry-e2e-slow");
        Files.writeString(plugin, """
                #!/bin/sh
                cat >/dev/null
                case $CNI_COMMAND in
                    VERSION) echo '{"cniVersion": "1.0.0", "supportedVersions": ["0.4.0", "1.0.0"]}' ;;
                    ADD)
                        sleep 300 &
                        echo "$$ $!" >PIDS
                        wait
                        ;;
                esac
                """.replace("PIDS", started.toString()));
        Files.setPosixFilePermissions(plugin, PosixFilePermissions.fromString("rwxr-xr-x"));
        replaceConflist(
                "{\"cniVersion\": \"1.0.0\", \"name\": \"slow\", \"plugins\": [{\"type\": \"gantry-e2e-slow\"}]}");
        try {
            String said = crictl.refused("--timeout", "3s", "runp", crictl.file(pod("slow-plugin")));
            assertThat(said).contains("DeadlineExceeded");
            for (String pid : Files.readString(started).strip().split(" ")) {
                awaitGone(Path.of("/proc", pid));
            }
            awaitNoPods();
        } finally {
            replaceConflist(run.runtime().node().conflist());
        }
    }

    @Test
    void aCommandThatIsNotInTheImage() throws Exception {
        ObjectNode pod = pod("no-command");
        assertCreateRefused(
                "InvalidArgument",
                "create container main (ID): exec: \"/no/such/command\": stat /no/such/command: no such file or "
                        + "directory; check the command and whether the image has it",
                pod,
                crictl.container("main", Crictl.BUSYBOX, "/no/such/command"));
    }

    @Test
    void aMountSourceThatIsNotThere() throws Exception {
        ObjectNode container = crictl.container("main", Crictl.BUSYBOX, "true");
        container.putArray("mounts").addObject().put("container_path", "/data").put("host_path", "/no/such/source");
        assertCreateRefused(
                "FailedPrecondition",
                "create container main in pod e2e/no-source: mount source /no/such/source does not exist; create it on "
                        + "the node, or give the volume the hostPath type DirectoryOrCreate or FileOrCreate",
                pod("no-source"),
                container);
    }

    @Test
    void aMemoryLimitBelowTheMinimum() throws Exception {
        ObjectNode container = crictl.container("main", Crictl.BUSYBOX, "true");
        container.withObject("/linux").putObject("resources").put("memory_limit_in_bytes", 1024);
        assertCreateRefused(
                "InvalidArgument",
                "create container main in pod e2e/little-memory: memory limit of 1024 bytes is below the minimum of "
                        + "6291456 bytes with which runtime handler runc can start a container; raise "
                        + "resources.limits.memory to at least that",
                pod("little-memory"),
                container);
    }

    @Test
    void anInvalidSysctl() throws Exception {
        ObjectNode pod = pod("sysctl");
        pod.withObject("/linux").putObject("sysctls").put("kernel.no_such_key", "1");
        assertRefused(
                "InvalidArgument",
                "start the pause process of pod e2e/sysctl: set sysctl kernel.no_such_key: it is not namespaced, so it "
                        + "would change the whole node; take it out of securityContext.sysctls of the pod, or set it on "
                        + "the node",
                "runp",
                crictl.file(pod));
        assertThat(crictl.ids("pods", "-q")).isEmpty();
    }

    private static void awaitGone(Path process) throws InterruptedException {
        for (int i = 0; i < 200 && Files.exists(process); i++) {
            Thread.sleep(100);
        }
        assertThat(process).doesNotExist();
    }

    /** What a call began that its client gave up is undone behind the answer. */
    private void awaitNoPods() throws Exception {
        for (int i = 0; i < 200 && !crictl.ids("pods", "-q").isEmpty(); i++) {
            Thread.sleep(100);
        }
        assertThat(crictl.ids("pods", "-q")).isEmpty();
    }

    private ObjectNode pod(String name) throws Exception {
        ObjectNode pod = crictl.pod(name);
        Files.createDirectories(Path.of(pod.get("log_directory").stringValue()));
        return pod;
    }

    private void assertCreateRefused(String code, String text, ObjectNode pod, ObjectNode container) throws Exception {
        String podId = crictl.runPod(pod);
        assertRefused(code, text, "create", podId, crictl.file(container), crictl.file(pod));
        assertThat(crictl.ids("ps", "-a", "-q")).isEmpty();
    }

    private void assertRefused(String code, String text, Object... arguments) throws Exception {
        assertThat(Refusal.parse(crictl.refused(arguments), replacements)).isEqualTo(new Refusal(code, text));
    }

    /** Puts another conflist in the place of the node's, none when it is empty, and waits until the daemon has seen it. */
    private void replaceConflist(String text) throws Exception {
        Path conflist = run.runtime().node().networks().resolve("10-e2e.conflist");
        Files.deleteIfExists(conflist);
        awaitNetworkReady(false);
        if (!text.isEmpty()) {
            Files.writeString(conflist, text);
            awaitNetworkReady(true);
        }
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
