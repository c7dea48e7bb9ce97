package io.gantry.cni.network;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.SpawnProcessRunner;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Plugins that misbehave, as real processes. */
class ScriptPluginsTest {
    private static final String RESULT = "echo '{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.5/16\"}]}'";

    @TempDir
    Path root;

    private Path log;
    private PodNetworks networks;

    @BeforeEach
    void open() throws IOException {
        Files.createDirectory(root.resolve("bin"));
        Files.createDirectory(root.resolve("net.d"));
        Files.writeString(root.resolve("net.d/10-pods.conflist"), """
                {"cniVersion": "1.0.0", "name": "pods", "plugins": [{"type": "first"}, {"type": "second"}]}""");
        log = Files.createFile(root.resolve("log"));
        plugin("first", RESULT);
        plugin("second", RESULT);
        networks = open(Duration.ofMinutes(1), "cache");
    }

    @AfterEach
    void close() {
        networks.close();
    }

    private PodNetworks open(Duration timeout, String cache) {
        return PodNetworks.open(
                CniConfig.of(root.resolve("net.d"), List.of(root.resolve("bin")), root.resolve(cache))
                        .withPluginTimeout(timeout),
                SpawnProcessRunner.shared());
    }

    /** A plugin that logs its verb, answers DEL, and does {@code add} on ADD. */
    private void plugin(String name, String add) throws IOException {
        Path file = root.resolve("bin").resolve(name);
        Files.writeString(file, """
                #!/bin/sh
                echo "$CNI_COMMAND %s" >> '%s'
                [ "$CNI_COMMAND" = ADD ] || exit 0
                %s
                """.formatted(name, log, add));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private void hangingPlugin() throws IOException {
        // A child in the background that holds stdout and would outlive a plugin that is killed alone.
        plugin(
                "second",
                "sleep 1000 &\necho $! > '" + root + "/pid.new'; mv '" + root + "/pid.new' '" + root + "/pid'\nwait");
    }

    private long childPid() throws Exception {
        Path pid = root.resolve("pid");
        while (!Files.exists(pid)) {
            Thread.sleep(5);
        }
        return Long.parseLong(Files.readString(pid).strip());
    }

    /** Gone, or a zombie that its new parent has not reaped yet. */
    private static boolean isRunning(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
            return !stat.substring(stat.lastIndexOf(')') + 2).startsWith("Z");
        } catch (IOException e) {
            return false;
        }
    }

    private static void awaitEnd(long pid) throws InterruptedException {
        for (int i = 0; i < 2000 && isRunning(pid); i++) {
            Thread.sleep(5);
        }
        assertThat(isRunning(pid)).as("process %d still runs", pid).isFalse();
    }

    private GantryException attachFailure() {
        GantryException failure = catchThrowableOfType(GantryException.class, () -> networks.attach(Pods.pod("3f2a")));
        assertThat(failure).isNotNull();
        return failure;
    }

    private void assertRolledBack() throws IOException {
        assertThat(Files.readAllLines(log)).containsExactly("ADD first", "ADD second", "DEL second", "DEL first");
        assertThat(root.resolve("cache/3f2a.json")).doesNotExist();
    }

    @Test
    void killsAHungPluginWithItsChildren() throws Exception {
        networks.close();
        networks = open(Duration.ofMillis(700), "cache");
        hangingPlugin();

        GantryException error = attachFailure();

        assertThat(error.kind()).isEqualTo(ErrorKind.DEADLINE_EXCEEDED);
        assertThat(error.problem()).isEqualTo("plugin second did not finish ADD within 700 ms and was killed");
        awaitEnd(childPid());
        assertRolledBack();
    }

    @Test
    void killsThePluginOfAnInterruptedCallerAndRollsBack() throws Exception {
        hangingPlugin();
        FutureTask<PodNetwork> attach = new FutureTask<>(() -> networks.attach(Pods.pod("3f2a")));
        Thread caller = Thread.ofVirtual().start(attach);
        long child = childPid();
        caller.interrupt();

        assertThatThrownBy(attach::get)
                .isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(InterruptedException.class);
        awaitEnd(child);
        assertRolledBack();
    }

    @Test
    void anotherDaemonDetachesWhatOneLeftInTheMiddle() throws Exception {
        hangingPlugin();
        FutureTask<PodNetwork> attach = new FutureTask<>(() -> networks.attach(Pods.pod("3f2a")));
        Thread caller = Thread.ofVirtual().start(attach);
        childPid();
        Path left = Files.createDirectory(root.resolve("left"));
        Files.copy(root.resolve("cache/3f2a.json"), left.resolve("3f2a.json"));
        caller.interrupt();
        assertThatThrownBy(attach::get).hasCauseInstanceOf(InterruptedException.class);
        Files.writeString(log, "");
        Files.delete(root.resolve("net.d/10-pods.conflist"));

        try (PodNetworks next = open(Duration.ofMinutes(1), "left")) {
            assertThat(next.cached("3f2a")).isEmpty();
            next.detach(Pods.pod("3f2a", root.resolve("gone")));
        }

        assertThat(Files.readAllLines(log)).containsExactly("DEL second", "DEL first");
        assertThat(left.resolve("3f2a.json")).doesNotExist();
    }

    @Test
    void copesWithRubbish() throws Exception {
        plugin("second", "echo ready to rumble; echo really >&2");

        assertThat(attachFailure().problem())
                .isEqualTo("plugin second printed what is not JSON: ready to rumble on ADD");
        assertRolledBack();
    }

    @Test
    void copesWithSilence() throws Exception {
        plugin("second", ":");

        assertThat(attachFailure().problem()).isEqualTo("plugin second succeeded but printed nothing on ADD");
        assertRolledBack();
    }

    @Test
    void copesWithFloods() throws Exception {
        plugin("second", "head -c 5000000 /dev/zero | tr '\\0' x; head -c 5000000 /dev/zero | tr '\\0' y >&2");

        assertThat(attachFailure().problem()).isEqualTo("plugin second printed more than 1048576 bytes on ADD");
        assertRolledBack();
    }

    @Test
    void reportsAFailureInThePluginsWords() throws Exception {
        plugin("second", "echo '{\"code\":100,\"msg\":\"no IP addresses available\"}'; exit 1");

        assertThat(attachFailure())
                .hasMessage("attach sandbox 3f2a (default/web) to network pods: plugin second failed on ADD:"
                        + " no IP addresses available [code 100]; the words are the plugin's: check the network"
                        + " configuration and what the plugin needs");
        assertRolledBack();
    }

    @Test
    void reportsAPluginThatCannotBeExecuted() throws Exception {
        Files.writeString(root.resolve("bin/second"), "#!/no/such/interpreter\n");

        assertThat(attachFailure().getMessage())
                .startsWith("attach sandbox 3f2a (default/web) to network pods: plugin " + root.resolve("bin/second")
                        + " cannot be run: ");
        assertThat(Files.readAllLines(log)).containsExactly("ADD first");
        assertThat(root.resolve("cache/3f2a.json")).exists();
        plugin("second", RESULT);
        networks.detach(Pods.pod("3f2a"));
        assertThat(Files.readAllLines(log)).containsExactly("ADD first", "DEL second", "DEL first");
        assertThat(root.resolve("cache/3f2a.json")).doesNotExist();
    }

    @Test
    void givesThePluginNothingOfTheDaemon() throws Exception {
        plugin("first", "env | sort > '" + root + "/env'; ls /proc/self/fd > '" + root + "/fds'\n" + RESULT);

        networks.attach(Pods.pod("3f2a"));

        assertThat(Files.readAllLines(root.resolve("env")))
                .extracting(line -> line.substring(0, line.indexOf('=')))
                .contains("PATH", "CNI_COMMAND")
                .allMatch(name -> name.startsWith("CNI_")
                        || name.equals("PATH")
                        || name.equals("GANTRY_CNI_OWNER")
                        || name.equals("PWD")
                        || name.equals("OLDPWD")
                        || name.equals("_")
                        || name.equals("SHLVL"));
        // The fourth is the directory that ls itself has open.
        assertThat(Files.readAllLines(root.resolve("fds"))).containsExactly("0", "1", "2", "3");
    }

    @Test
    void runsTheVerbsOf11() throws Exception {
        Files.writeString(root.resolve("net.d/10-pods.conflist"), """
                {"cniVersion": "1.1.0", "name": "pods", "plugins": [{"type": "first"}]}""");
        networks.close();
        Files.writeString(log, "");
        networks = open(Duration.ofMinutes(1), "cache");
        while (!networks.status().ready()) {
            Thread.sleep(5);
        }
        networks.garbageCollect(java.util.Set.of());

        assertThat(Files.readAllLines(log)).contains("STATUS first", "GC first");
    }
}
