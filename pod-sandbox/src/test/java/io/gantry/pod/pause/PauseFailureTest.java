package io.gantry.pod.pause;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.process.ProcessResult;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the program says when it cannot do what it is asked for; nothing is ever left. */
class PauseFailureTest {
    private PauseFixture fixture;

    @BeforeEach
    void open() {
        fixture = PauseFixture.open();
    }

    @AfterEach
    void close() {
        if (fixture != null) {
            fixture.close();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--sysctl|kernel.pid_max=400000|sysctl|set sysctl kernel.pid_max: it is not namespaced, so it would change"
                        + " the whole node",
                "--sysctl|kernel.shm=1|sysctl|set sysctl kernel.shm: it is not namespaced, so it would change the whole"
                        + " node",
                "--sysctl|net.ipv4.ip_forward|sysctl|set sysctl 'net.ipv4.ip_forward': no '=' in it, want KEY=VALUE",
                "--sysctl|net/../kernel/pid_max=1|sysctl|set sysctl net/../kernel/pid_max: not a well-formed key",
                "--sysctl|net./.kernel=1|sysctl|set sysctl net./.kernel: not a well-formed key",
                "--sysctl|net..ipv4=1|sysctl|set sysctl net..ipv4: not a well-formed key",
                "--sysctl|=1|sysctl|set sysctl : not a well-formed key",
                "--hostname|''|hostname|set hostname '': the kernel takes names of 1 to 64 bytes",
                "--oom-score-adj|1001|oom|read arguments: --oom-score-adj is '1001', want a number from -1000 to 1000",
                "--oom-score-adj|-|oom|read arguments: --oom-score-adj is '-', want a number from -1000 to 1000",
                "--uid-map|0 1|idmap|read arguments: --uid-map is '0 1', want three numbers 'INSIDE OUTSIDE COUNT' with a"
                        + " count of at least 1",
                "--uid-map|0 1 4294967296|idmap|read arguments: --uid-map is '0 1 4294967296', want three numbers"
                        + " 'INSIDE OUTSIDE COUNT' with a count of at least 1",
                "--uid-map|0 1 1|idmap|read arguments: --uid-map and --gid-map must be given together",
                "--cgroup-procs|/proc/self/comm|cgroup|read arguments: --cgroup-procs is '/proc/self/comm', want an absolute"
                        + " path that ends in /cgroup.procs",
                "--net|new|usage|read arguments: --net is given twice"
            })
    void refusesBadArguments(String option, String value, String step, String error) throws Exception {
        ProcessResult result = PauseFixture.run(fixture.allNew(option, value));

        assertThat(result.stdoutText())
                .isEqualTo("{\"step\":\"" + step + "\",\"errno\":0,\"error\":\"" + error + "\"}\n");
        assertThat(result.status().code()).isEqualTo(2);
        fixture.assertNothingLeft();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--sysctl|net.ipv4.ip_forward=1|sysctl|set sysctl net.ipv4.ip_forward: the pod shares the host's network"
                        + " namespace, so it would change the whole node",
                "--sysctl|kernel.shmmax=1|sysctl|set sysctl kernel.shmmax: the pod shares the host's IPC namespace, so it"
                        + " would change the whole node",
                "--sysctl|kernel.domainname=x|sysctl|set sysctl kernel.domainname: the pod shares the host's UTS namespace,"
                        + " so it would change the whole node",
                "--hostname|x|hostname|set hostname 'x': the pod shares the host's UTS namespace"
            })
    void refusesToChangeTheHost(String option, String value, String step, String error) throws Exception {
        ProcessResult result = PauseFixture.run(fixture.allHost(option, value));

        assertThat(result.stdoutText())
                .isEqualTo("{\"step\":\"" + step + "\",\"errno\":0,\"error\":\"" + error + "\"}\n");
        assertThat(result.status().code()).isEqualTo(2);
        fixture.assertNothingLeft();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--sysctl|net.ipv4.no_such_thing=1|sysctl|2|set sysctl net.ipv4.no_such_thing: this kernel has none of that"
                        + " name in the pod's namespaces: No such file or directory",
                "--sysctl|net.ipv4.ip_unprivileged_port_start=99999|sysctl|22|set sysctl net.ipv4.ip_unprivileged_port_start:"
                        + " the kernel refuses the value '99999': Invalid argument",
                "--sysctl|net.ipv4.conf=1|sysctl|21|set sysctl net.ipv4.conf: it cannot be written in the pod's namespaces:"
                        + " Is a directory",
                "--cgroup-procs|/no/such/cgroup.procs|cgroup|2|join cgroup /no/such/cgroup.procs: No such file or directory"
            })
    void endsTheProcessWhenAStepFails(String option, String value, String step, int errno, String error)
            throws Exception {
        ProcessResult result = PauseFixture.run(fixture.allNew(option, value));

        assertThat(result.stdoutText())
                .isEqualTo("{\"step\":\"" + step + "\",\"errno\":" + errno + ",\"error\":\"" + error + "\"}\n");
        assertThat(result.status().code()).isEqualTo(1);
        fixture.assertNothingLeft();
    }

    @Test
    void refusesMappingsThatTheKernelRefuses() throws Exception {
        ProcessResult result = PauseFixture.run(
                fixture.allNew("--uid-map", "0 100000 10", "--uid-map", "5 200000 10", "--gid-map", "0 100000 10"));

        assertThat(result.stdoutText())
                .isEqualTo("{\"step\":\"idmap\",\"errno\":22,\"error\":\"write uid_map: Invalid argument\"}\n");
        assertThat(result.status().code()).isEqualTo(1);
        fixture.assertNothingLeft();
    }

    @Test
    void refusesMappingsWithoutRoot() throws Exception {
        ProcessResult result = PauseFixture.run(fixture.allNew("--uid-map", "1 100000 10", "--gid-map", "0 100000 10"));

        assertThat(result.stdoutText()).contains("no mapping starts at 0 inside, so the pod would have no root");
        assertThat(result.status().code()).isEqualTo(2);
    }

    @Test
    void refusesALongHostname() throws Exception {
        ProcessResult result = PauseFixture.run(fixture.allNew("--hostname", "a".repeat(65)));

        assertThat(result.stdoutText())
                .isEqualTo("{\"step\":\"hostname\",\"errno\":0,\"error\":\"set hostname '" + "a".repeat(65)
                        + "': the kernel takes names of 1 to 64 bytes\"}\n");
        assertThat(result.status().code()).isEqualTo(2);
        fixture.assertNothingLeft();
    }

    @Test
    void explainsItsUsage() throws Exception {
        String program = PauseFixture.PROGRAM.toString();

        for (List<String> argv : List.of(
                List.of(program),
                List.of(program, "--help"),
                List.of(program, "--what", "x"),
                List.of(program, "--net"))) {
            ProcessResult result = PauseFixture.run(argv);

            assertThat(result.stdoutText())
                    .startsWith("{\"step\":\"usage\"")
                    .contains("usage: gantry-pause --net new|host");
            assertThat(result.status().code()).isEqualTo(2);
        }
    }

    @Test
    void escapesWhatItQuotesAndCutsWhatIsTooLong() throws Exception {
        String key = "net.\"quoted\"\\\n\u0001" + "\u00fc";
        ProcessResult quoted = PauseFixture.run(fixture.allNew("--sysctl", key + "=1"));
        ProcessResult cut = PauseFixture.run(fixture.allNew("--sysctl", "x".repeat(100_000)));

        assertThat(PauseAnswer.parse(quoted.stdoutText()).orElseThrow().error())
                .isEqualTo("set sysctl " + key
                        + ": this kernel has none of that name in the pod's namespaces: No such file or directory");
        assertThat(PauseAnswer.parse(cut.stdoutText()).orElseThrow().error()).startsWith("set sysctl 'xxx");
    }

    @Test
    void leavesNothingWhenItsAnswerCannotBeWritten() throws Exception {
        List<String> argv = new ArrayList<>(List.of("sh", "-c", "exec \"$@\" >/dev/full", "sh"));
        argv.addAll(fixture.allNew());

        ProcessResult result = PauseFixture.run(argv);

        assertThat(result.status().code()).isEqualTo(1);
        fixture.assertNothingLeft();
    }

    @Test
    void leavesNothingWhenNobodyReadsItsAnswer() throws Exception {
        List<String> argv = new ArrayList<>(List.of("sh", "-c", "(sleep 0.2; exec \"$@\") | true", "sh"));
        argv.addAll(fixture.allNew());

        PauseFixture.run(argv);

        fixture.assertNothingLeft();
    }
}
