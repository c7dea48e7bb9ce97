package io.gantry.cri.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.grpc.TestServer;
import io.gantry.cri.runtime.FakePods;
import io.gantry.cri.runtime.FakeStats;
import io.gantry.cri.runtime.RuntimeServiceEndpoint;
import io.gantry.cri.translate.SandboxMessages;
import io.gantry.cri.v1.PodSandboxConfig;
import io.gantry.cri.v1.PodSandboxMetadata;
import io.gantry.cri.v1.RunPodSandboxRequest;
import io.gantry.platform.storage.Json;
import io.gantry.pod.activity.ActivityReport;
import io.gantry.pod.activity.Subject;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class ExplainCommandTests {
    private static final Instant NOW = Instant.parse("2026-11-24T10:00:00Z");
    private static final String ID = "3f2a9c01b2d4e55aa";

    private final TestServer test = new TestServer();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private final FakePods pods = new FakePods();
    private final List<ActivityReport.Call> calls = new ArrayList<>();
    private final List<ActivityReport.Failure> failures = new ArrayList<>();

    @BeforeEach
    void serve() {
        test.serving(new RuntimeServiceEndpoint(
                pods,
                pods.containerSide,
                request -> "http://127.0.0.1:1/" + request.kind(),
                pods,
                new FakeStats(),
                Clock.systemUTC()));
    }

    @AfterEach
    void close() {
        test.close();
    }

    private int explain(String... arguments) {
        pods.nodeInfo.put(
                "activity",
                Json.mapper().writeValueAsString(new ActivityReport(NOW, NOW.minusSeconds(9000), calls, failures)));
        return run(arguments);
    }

    private int run(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        List<String> line =
                new ArrayList<>(List.of("explain", "--socket", test.socket().toString()));
        line.addAll(List.of(arguments));
        return GantryCommands.run(new PrintWriter(out, true), new PrintWriter(err, true), line.toArray(String[]::new));
    }

    private String pod(String namespace, String name) {
        return pods.run(
                SandboxMessages.config(RunPodSandboxRequest.newBuilder()
                        .setConfig(PodSandboxConfig.newBuilder()
                                .setMetadata(PodSandboxMetadata.newBuilder()
                                        .setName(name)
                                        .setNamespace(namespace)
                                        .setUid("u")))
                        .build()),
                "");
    }

    private static ActivityReport.Call hanging(String namespace, String name, String id) {
        return new ActivityReport.Call(
                "RunPodSandbox",
                new Subject(namespace, name, id, "", ""),
                NOW.minusSeconds(42),
                "network",
                NOW.minusMillis(41_900),
                List.of(new ActivityReport.Wait(
                        "CNI plugin slow to finish ADD", NOW.minusMillis(41_800), NOW.plusSeconds(78))),
                List.of(new ActivityReport.Step("record", 0.42), new ActivityReport.Step("pause", 3.91)));
    }

    @Test
    void aPodThatIsBeingCreatedIsExplainedByNameAndById() {
        calls.add(hanging("default", "web", ID));

        for (String target : List.of("web", "default/web", ID, "3f2a")) {
            assertThat(explain(target)).as(target).isZero();
            assertThat(out).hasToString("""
                    pod default/web  3f2a9c01b2d4e55aa
                      state   being created, since 2026-11-24T09:59:18Z (42.0 s)
                      now     RunPodSandbox for 42.0 s, in step network for 41.9 s
                              waits for CNI plugin slow to finish ADD, for 41.8 s; deadline in 78.0 s
                              steps so far: record 0.4, pause 3.9
                    """);
        }
    }

    @Test
    void aPodThatRunsTellsTheStepsOfItsStart() {
        String id = pod("default", "web");
        pods.sandboxInfo.put(
                "steps",
                List.of(new ActivityReport.Start(
                        "RunPodSandbox", NOW, 61.25, List.of(new ActivityReport.Step("network", 31.5)))));

        assertThat(explain("default/web")).isZero();
        assertThat(out.toString())
                .startsWith("pod default/web  " + id + "\n  state   ready, since 1970-01-01T00:00:10Z (")
                .contains("  now     no call is under way\n")
                .contains("  start   RunPodSandbox took 61.3 ms at 2026-11-24T10:00:00Z: network 31.5\n");
    }

    @Test
    void whatHappenedBeforeTheDaemonIsSaidToBeUnknown() {
        String unused = pod("default", "web");
        pods.sandboxInfo.put("stepsUnknown", "what happened before this daemon began is not known");

        assertThat(explain("web")).isZero();
        assertThat(out.toString()).contains("  start   what happened before this daemon began is not known\n");
    }

    @Test
    void aPodThatCouldNotBeMadeTellsItsFailure() {
        failures.add(new ActivityReport.Failure(
                "RunPodSandbox",
                new Subject("default", "gone", ID, "", ""),
                "network",
                NOW.minusSeconds(30),
                120_000.5,
                "attach: plugin slow did not finish ADD",
                3,
                NOW.minusSeconds(600)));

        assertThat(explain("gone")).isZero();
        assertThat(out.toString())
                .contains("state   not there: RunPodSandbox failed, since")
                .contains("failed  RunPodSandbox in step network, 3 times since 2026-11-24T09:50:00Z, last 30.0 s ago"
                        + " after 120000.5 ms: attach: plugin slow did not finish ADD");
    }

    @Test
    void jsonHasTheSame() {
        calls.add(hanging("default", "web", ID));

        assertThat(explain("web", "--json")).isZero();
        JsonNode json = Json.mapper().readTree(out.toString());
        assertThat(json.at("/kind").stringValue()).isEqualTo("pod");
        assertThat(json.at("/id").stringValue()).isEqualTo(ID);
        assertThat(json.at("/activity/0/waitsFor/0/what").stringValue()).isEqualTo("CNI plugin slow to finish ADD");
        assertThat(json.at("/activity/0/waitsFor/0/deadline").stringValue()).isEqualTo("2026-11-24T10:01:18Z");
    }

    @Test
    void anAmbiguousNameIsNotGuessed() {
        String first = pod("one", "web");
        calls.add(hanging("two", "web", ID));

        assertThat(explain("web")).isEqualTo(ExitCodes.FAILURE);
        assertThat(err)
                .hasToString(
                        "gantry: explain web: it could be pod one/web " + first + ", pod two/web 3f2a9c01b2d4e; give"
                                + " more of the id, NAMESPACE/POD or NAMESPACE/POD/CONTAINER\n");
        assertThat(out.toString()).isEmpty();
        assertThat(explain("two/web")).isZero();
    }

    @Test
    void ofSeveralSandboxesOfAPodTheNewestIsMeant() {
        String unused = pod("default", "web");
        calls.add(hanging("default", "web", ID));

        assertThat(explain("web")).isZero();
        assertThat(out.toString()).startsWith("pod default/web  " + ID);
    }

    @Test
    void anUnknownNameIsRefused() {
        String unused = pod("default", "web");

        assertThat(explain("wed")).isEqualTo(ExitCodes.FAILURE);
        assertThat(err)
                .hasToString(
                        "gantry: explain wed: no pod or container has that name or an id that begins so, and none of"
                                + " that name failed lately; 'gantry pods' lists the pods there are\n");
        assertThat(explain("default/web/app")).isEqualTo(ExitCodes.FAILURE);
    }

    @Test
    void badCommandLines() {
        assertThat(explain("")).isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString()).contains("its name is empty").contains("NAMESPACE/POD");
        assertThat(explain()).isEqualTo(ExitCodes.USAGE);
        assertThat(explain("a", "b")).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void anotherRuntimeIsSaidToTellNothing() {
        assertThat(run("web")).isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString()).contains("it is not Gantry, or an older one").contains("--socket");
    }

    @Test
    void anAnswerThatIsNotUnderstood() {
        pods.nodeInfo.put("activity", "{\"calls\": 5");

        assertThat(run("web")).isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString()).contains("it is not understood");
    }
}
