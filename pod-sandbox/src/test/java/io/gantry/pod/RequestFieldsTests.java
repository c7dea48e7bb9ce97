package io.gantry.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerMount;
import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.LinuxResources.HugepageLimit;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.SandboxSecurity;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.testing.PodBed;
import io.gantry.pod.testing.Records;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Fields of requests that are easily ignored: each has its effect, or is refused and leaves nothing. */
class RequestFieldsTests {
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

    private void refused(ErrorKind kind, String problem, ThrowingCallable call) {
        GantryException error = catchThrowableOfType(GantryException.class, call);
        assertThat(error).isNotNull().hasMessageContaining(problem);
        assertThat(error.kind()).isEqualTo(kind);
    }

    private void createRefused(String sandbox, ErrorKind kind, String problem, ContainerConfig config) {
        refused(kind, problem, () -> bed.pods().containers().create(sandbox, config, bed.sandbox("ignored")));
        assertThat(bed.pods().containers().list(ContainerFilter.ALL)).isEmpty();
    }

    private String exec(String container, String script) throws InterruptedException {
        var result = bed.pods().containers().execSync(container, List.of("sh", "-c", script), Duration.ZERO);
        return new String(result.stdout(), StandardCharsets.UTF_8).strip();
    }

    private static LinuxResources oomScore(long score) {
        return new LinuxResources(0, 0, 0, 0, score, "", "", List.of(), Map.of(), 0);
    }

    private static LinuxResources cpus(String list) {
        return new LinuxResources(0, 0, 0, 0, 0, list, "", List.of(), Map.of(), 0);
    }

    @Test
    void aPrivilegedContainerNeedsAPodThatSaysSo() throws Exception {
        ContainerConfig plain = bed.container("main", "sleep 1000");
        ContainerConfig privileged =
                Records.with(plain, "security", Records.with(plain.security(), "privileged", true));
        String sandbox = bed.run("plain");
        createRefused(sandbox, ErrorKind.INVALID_ARGUMENT, "was not made for privileged containers", privileged);

        PodSandboxConfig pod = bed.sandbox("mighty");
        SandboxSecurity security = Records.with(pod.security(), "privileged", true);
        String mighty = bed.pods().sandboxes().run(Records.with(pod, "security", security), "");

        String id = bed.pods().containers().create(mighty, privileged, pod);
        bed.pods().containers().start(id);
        assertThat(bed.pods().containers().status(id).status().isRunning()).isTrue();
    }

    @Test
    void theHandlerOfAnImageMustBeThere() throws Exception {
        String sandbox = bed.run("pod");
        ImageSpec image = new ImageSpec(PodBed.IMAGE, Map.of(), PodBed.IMAGE, "no-such", "");
        createRefused(
                sandbox, ErrorKind.NOT_FOUND, "no-such", Records.with(bed.container("main", "exit 0"), "image", image));
    }

    @Test
    void aLogPathMustNameAFile() throws Exception {
        String sandbox = bed.run("pod");
        for (String path : List.of(".", "./", "a/..")) {
            createRefused(
                    sandbox,
                    ErrorKind.INVALID_ARGUMENT,
                    "log path \"" + path + "\" names no file",
                    Records.with(bed.container("main", "exit 0"), "logPath", path));
        }
        Path directory = Files.createDirectories(bed.logs().resolve("pod/main.log"));
        createRefused(
                sandbox,
                ErrorKind.FAILED_PRECONDITION,
                "log file " + directory + " is a directory; remove it, or give the container another log path",
                bed.container("main", "exit 0"));
    }

    @Test
    void aLogDirectoryMustBeADirectory() throws Exception {
        Path file = Files.writeString(bed.logs().resolve("pod"), "in the way");

        refused(
                ErrorKind.FAILED_PRECONDITION,
                "create log directory " + file + ": " + file + " is not a directory; remove it",
                () -> bed.run("pod"));

        bed.awaitLeftovers(List.of());
    }

    @Test
    void cpusThatTheNodeDoesNotHave() throws Exception {
        String sandbox = bed.run("pod");
        createRefused(
                sandbox,
                ErrorKind.FAILED_PRECONDITION,
                "cpuset cpus '9999' has numbers that this node does not have",
                Records.with(bed.container("main", "exit 0"), "resources", cpus("9999")));

        String id = bed.start(sandbox, "main", "sleep 1000");
        refused(
                ErrorKind.FAILED_PRECONDITION,
                "cpuset cpus '9999' has numbers that this node does not have",
                () -> bed.pods().containers().updateResources(id, cpus("9999")));
        assertThat(bed.pods().containers().status(id).resources().cpusetCpus()).isEmpty();
    }

    @Test
    void anUpdateChangesTheOomScoreOfEveryProcess() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.pods()
                .containers()
                .create(
                        sandbox,
                        Records.with(bed.container("main", "sleep 1001 & exec sleep 1002"), "resources", oomScore(500)),
                        bed.sandbox("pod"));
        bed.pods().containers().start(id);
        PodBed.await(() -> count(id, "1001") == 1, "the second process");

        bed.pods().containers().updateResources(id, oomScore(700));

        for (String name : List.of("sleep 1001", "sleep 1002")) {
            assertThat(exec(
                            id,
                            "for p in /proc/[0-9]*; do case \"$(busybox tr '\\0' ' ' <$p/cmdline)\" in '" + name
                                    + " ') cat $p/oom_score_adj;; esac; done"))
                    .as(name)
                    .isEqualTo("700");
        }
        assertThat(bed.pods().containers().status(id).resources().oomScoreAdj()).isEqualTo(700);
    }

    private int count(String id, String word) {
        try {
            return (int)
                    exec(id, "ps").lines().filter(line -> line.contains(word)).count();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void hugepagesCannotBeChanged() throws Exception {
        String sandbox = bed.run("pod");
        String id = bed.start(sandbox, "main", "sleep 1000");
        LinuxResources same =
                new LinuxResources(0, 0, 512, 0, 0, "", "", List.of(new HugepageLimit("2MB", 0)), Map.of(), 0);
        bed.pods().containers().updateResources(id, same);
        assertThat(bed.pods().containers().status(id).resources().cpuShares()).isEqualTo(512);

        LinuxResources other =
                new LinuxResources(0, 0, 0, 0, 0, "", "", List.of(new HugepageLimit("2MB", 4 << 20)), Map.of(), 0);
        refused(
                ErrorKind.INVALID_ARGUMENT,
                "the limit of huge pages of size 2MB is set at creation only; create the container anew",
                () -> bed.pods().containers().updateResources(id, other));
    }

    @Test
    void resourcesOfAPodAreKeptAndAnUpdateLeavesWhatItDoesNotGive() throws Exception {
        PodSandboxConfig pod = Records.with(bed.sandbox("pod"), "overhead", oomScore(1));
        String sandbox = bed.pods().sandboxes().run(pod, "");

        bed.pods().sandboxes().updateResources(sandbox, null, cpus("0"));

        bed.restart();
        PodSandboxConfig kept = bed.pods().sandboxes().status(sandbox).config();
        assertThat(kept.overhead()).isEqualTo(oomScore(1));
        assertThat(kept.resources()).isEqualTo(cpus("0"));
    }

    @Test
    void aTargetsProcessesAreSeen() throws Exception {
        String sandbox = bed.run("pod");
        String main = bed.start(sandbox, "main", "exec sleep 4711");

        String debugger = create(sandbox, target(main));
        bed.pods().containers().start(debugger);

        assertThat(exec(debugger, "ps")).contains("sleep 4711");
        assertThat(exec(main, "ps")).contains("sleep 4712");
        bed.pods().containers().stop(debugger, Duration.ZERO);
        assertThat(bed.pods().containers().status(main).status().isRunning()).isTrue();
    }

    @Test
    void aTargetMustRunInTheSamePod() throws Exception {
        String sandbox = bed.run("pod");
        String other = bed.start(bed.run("other"), "main", "sleep 1000");
        String ended = bed.start(sandbox, "ended", "exit 0");
        var unused = bed.awaitExit(ended);

        refused(
                ErrorKind.INVALID_ARGUMENT,
                "target container \"" + other + "\" is not in the same pod",
                () -> create(sandbox, target(other)));
        refused(
                ErrorKind.FAILED_PRECONDITION,
                "target container " + ended + " is not running",
                () -> create(sandbox, target(ended)));
    }

    private ContainerConfig target(String id) {
        return bed.container(
                "debug",
                List.of("sleep", "4712"),
                LinuxResources.NONE,
                new NamespaceOptions(NamespaceMode.POD, NamespaceMode.TARGET, NamespaceMode.POD, id, null));
    }

    private String create(String sandbox, ContainerConfig config) throws InterruptedException {
        return bed.pods().containers().create(sandbox, config, bed.sandbox("pod"));
    }

    @Test
    void theStopSignalAskedForIsSent() throws Exception {
        String sandbox = bed.run("pod");
        ContainerConfig config = Records.with(
                bed.container("main", "trap 'echo told; exit 3' USR1; echo ready; while true; do sleep 0.05; done"),
                "stopSignal",
                "SIGUSR1");
        String id = create(sandbox, config);
        bed.pods().containers().start(id);
        PodBed.await(() -> bed.logOf("pod", "main").contains("ready"), "the trap");

        bed.pods().containers().stop(id, Duration.ofSeconds(30));

        assertThat(bed.pods().containers().status(id).stopSignal()).isEqualTo("SIGUSR1");
        assertThat(bed.pods().containers().status(id).status().exitCode()).isEqualTo(3);
        assertThat(bed.log("pod", "main")).contains("told");
    }

    @Test
    void mountOptionsReachTheContainer() throws Exception {
        String sandbox = bed.run("pod");
        Path data = Files.createDirectories(bed.logs().resolve("data"));
        var mount = new ContainerMount(
                "/data",
                data.toString(),
                false,
                true,
                ContainerMount.Propagation.PRIVATE,
                List.of(),
                List.of(),
                false,
                null,
                "",
                List.of("noexec", "nosuid", "nodev"));
        String id = create(sandbox, Records.with(bed.container("main", "sleep 1000"), "mounts", List.of(mount)));
        bed.pods().containers().start(id);

        assertThat(exec(id, "while read a; do case $a in *' /data '*) echo $a;; esac; done </proc/mounts"))
                .contains("noexec", "nosuid", "nodev");
        assertThat(exec(
                        id,
                        "busybox cp /bin/busybox /data/busybox; /data/busybox true 2>&1 || echo refused; ls -l /data"))
                .contains("refused");
    }
}
