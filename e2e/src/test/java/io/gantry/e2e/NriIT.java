package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.runtime.Toolbox;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Plugins built with NRI's own Go library, against a running daemon. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class NriIT {
    private static final String[] SLEEP = {"sleep", "600"};

    private CriRun run;
    private Crictl crictl;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(Toolbox.find("nri-probe").isPresent(), "needs nri-probe: ./dev test builds it");
        run = CriRun.start();
        assumeTrue(run.runtime().name().equals("gantry"), "the socket of NRI is set for Gantry only");
        crictl = run.crictl();
        crictl.run("pull", Crictl.BUSYBOX);
    }

    @AfterAll
    void close() throws Exception {
        if (run != null) {
            run.close();
        }
    }

    @AfterEach
    void removePods() throws Exception {
        run.runtime().removePods();
    }

    private NriProbe connect(String index, String name, String... flags) throws Exception {
        return NriProbe.connect(run.runtime(), index, name, flags);
    }

    private String container(String podId, JsonNode pod, String name) throws Exception {
        return crictl.runContainer(podId, pod, crictl.container(name, Crictl.BUSYBOX, SLEEP));
    }

    private String in(String container, Object... command) throws Exception {
        Object[] words = new Object[command.length + 2];
        words[0] = "exec";
        words[1] = container;
        System.arraycopy(command, 0, words, 2, command.length);
        return crictl.run(words);
    }

    private static boolean saw(NriProbe probe, String container) throws Exception {
        return probe.told().stream()
                .anyMatch(line -> line.path("containers")
                                .valueStream()
                                .anyMatch(id -> id.asString("").equals(container))
                        || line.get("event").stringValue().equals("CreateContainer")
                                && line.path("container").asString("").equals(container));
    }

    @Test
    void aPodsLifeIsToldInOrder() throws Exception {
        try (NriProbe probe = connect("10", "order")) {
            ObjectNode pod = crictl.pod("order");
            String podId = crictl.runPod(pod);
            String id = container(podId, pod, "main");
            crictl.run("update", "--cpu-share", "512", id);
            crictl.run("stop", "--timeout", "0", id);
            crictl.run("rm", id);
            crictl.run("stopp", podId);
            crictl.run("stopp", podId);
            crictl.run("rmp", podId);

            assertThat(probe.events(id))
                    .containsExactly(
                            "CreateContainer",
                            "PostCreateContainer",
                            "StartContainer",
                            "PostStartContainer",
                            "UpdateContainer",
                            "PostUpdateContainer",
                            "StopContainer",
                            "RemoveContainer");
            assertThat(probe.events(podId)).containsExactly("RunPodSandbox", "StopPodSandbox", "RemovePodSandbox");
            JsonNode created = probe.awaitContainer("CreateContainer", id);
            assertThat(created.get("containerName").stringValue()).isEqualTo("main");
            assertThat(created.at("/message/args/0").stringValue()).isEqualTo("sleep");
            assertThat(created.at("/message/podSandboxId").stringValue()).isEqualTo(podId);
            JsonNode ran = probe.await(
                    "RunPodSandbox", line -> line.get("pod").stringValue().equals(podId));
            assertThat(ran.at("/message/uid").stringValue()).isEqualTo("uid-order");
            assertThat(ran.at("/message/ips/0").stringValue()).startsWith("10.89.");
        }
    }

    @Test
    void aContainerThatEndsByItselfIsTold() throws Exception {
        try (NriProbe probe = connect("10", "ends")) {
            ObjectNode pod = crictl.pod("ends");
            String podId = crictl.runPod(pod);
            String id = crictl.runContainer(podId, pod, crictl.container("main", Crictl.BUSYBOX, "sh", "-c", "exit 3"));

            JsonNode stopped = probe.awaitContainer("StopContainer", id);
            assertThat(stopped.at("/message/exitCode").intValue()).isEqualTo(3);
            crictl.run("rm", id);

            assertThat(probe.events(id))
                    .containsExactly(
                            "CreateContainer",
                            "PostCreateContainer",
                            "StartContainer",
                            "PostStartContainer",
                            "StopContainer",
                            "RemoveContainer");
        }
    }

    @Test
    void whatAPluginWantsChangedIsChanged() throws Exception {
        Path shared = Files.createDirectories(run.runtime().node().files().resolve("shared"));
        Files.writeString(shared.resolve("hello"), "from the plugin");
        Path mark = run.runtime().node().files().resolve("hook-ran");
        try (NriProbe probe = connect("10", "adjust")) {
            probe.rules("""
                    {"adjust": {"main": {
                      "annotations": {"example.com/added": "yes"},
                      "env": [{"key": "ADDED", "value": "1"}, {"key": "-DROPPED"}],
                      "mounts": [{"destination": "/given", "type": "bind", "source": "%s",
                                  "options": ["rbind", "ro"]}],
                      "hooks": {"createRuntime": [{"path": "/bin/touch", "args": ["touch", "%s"]}]},
                      "rlimits": [{"type": "RLIMIT_NOFILE", "hard": "2048", "soft": "1024"}],
                      "linux": {
                        "devices": [{"path": "/dev/given", "type": "c", "major": "1", "minor": "3",
                                     "fileMode": {"value": 438}}],
                        "resources": {"cpu": {"shares": {"value": "512"}, "cpus": "0"},
                                      "memory": {"limit": {"value": "67108864"}},
                                      "pids": {"limit": "77"}},
                        "oomScoreAdj": {"value": "500"},
                        "sysctl": {"net.ipv4.ip_unprivileged_port_start": "0"}
                      }}}}
                    """.formatted(shared, mark));
            ObjectNode pod = crictl.pod("adjust");
            String podId = crictl.runPod(pod);
            ObjectNode config = crictl.container("main", Crictl.BUSYBOX, SLEEP);
            config.putArray("envs").addObject().put("key", "DROPPED").put("value", "x");
            String id = crictl.runContainer(podId, pod, config);

            assertThat(in(id, "sh", "-c", "echo $ADDED-$DROPPED")).isEqualTo("1-");
            assertThat(in(id, "cat", "/given/hello")).isEqualTo("from the plugin");
            assertThat(crictl.refused("exec", id, "touch", "/given/new")).contains("Read-only file system");
            assertThat(mark).exists();
            assertThat(in(id, "sh", "-c", "ulimit -n; ulimit -Hn")).isEqualTo("1024\n2048");
            assertThat(in(id, "sh", "-c", "echo x >/dev/given && ls -l /dev/given"))
                    .contains("1,   3");
            assertThat(in(id, "cat", "/proc/1/oom_score_adj")).isEqualTo("500");
            assertThat(in(id, "grep", "Cpus_allowed_list", "/proc/1/status")).endsWith("\t0");
            JsonNode limits = crictl.inspect(id).at("/resources/linux");
            assertThat(limits.get("cpuShares").asLong()).isEqualTo(512);
            assertThat(limits.get("memoryLimitInBytes").asLong()).isEqualTo(67108864);
            JsonNode created = probe.awaitContainer("PostCreateContainer", id);
            assertThat(created.at("/message/annotations/example.com~1added").stringValue())
                    .isEqualTo("yes");
            assertThat(created.at("/message/linux/resources/pids/limit").asString())
                    .isEqualTo("77");
        }
    }

    @Test
    void aContainerIsInTheCgroupThatAPluginChooses() throws Exception {
        String cgroup = run.runtime().node().cgroup() + "/chosen";
        try (NriProbe probe = connect("10", "cgroup")) {
            probe.rules("{\"adjust\": {\"main\": {\"linux\": {\"cgroupsPath\": \"%s\"}}}}".formatted(cgroup));
            ObjectNode pod = crictl.pod("cgroup");
            String podId = crictl.runPod(pod);
            String id = container(podId, pod, "main");
            String pid = crictl.run("inspect", "-o", "go-template", "--template", "{{.info.pid}}", id);

            assertThat(Files.readString(Path.of("/proc", pid, "cgroup"))).contains(cgroup);
            assertThat(crictl.run("stats", id)).contains(id.substring(0, 12));
            crictl.run("stop", "--timeout", "0", id);
            crictl.run("rm", id);

            assertThat(Path.of("/sys/fs/cgroup/memory" + cgroup)).doesNotExist();
            assertThat(Path.of("/sys/fs/cgroup" + cgroup)).doesNotExist();
        }
    }

    @Test
    void aLaterPluginSeesAndMayTakeBackWhatAnEarlierOneChanged() throws Exception {
        try (NriProbe second = connect("20", "second");
                NriProbe first = connect("10", "first")) {
            first.rules("""
                    {"adjust": {"main": {"env": [{"key": "A", "value": "first"}, {"key": "B", "value": "first"}]},
                                "torn": {"env": [{"key": "A", "value": "first"}]}}}""");
            second.rules("""
                    {"adjust": {"main": {"env": [{"key": "-A"}, {"key": "A", "value": "second"}]},
                                "torn": {"env": [{"key": "A", "value": "second"}]}}}""");
            ObjectNode pod = crictl.pod("two");
            String podId = crictl.runPod(pod);
            String id = container(podId, pod, "main");

            assertThat(in(id, "sh", "-c", "echo $A-$B")).isEqualTo("second-first");
            assertThat(second.awaitContainer("CreateContainer", id)
                            .at("/message/env")
                            .toString())
                    .contains("A=first");
            String refusal = crictl.refused(
                    "create", podId, crictl.file(crictl.container("torn", Crictl.BUSYBOX, SLEEP)), crictl.file(pod));
            assertThat(refusal).contains("NRI plugins 10-first and 20-second both set Env entry A");
            assertThat(crictl.ids("ps", "-a", "-q", "--no-trunc")).containsExactly(id);
        }
    }

    @Test
    void aRefusalFailsTheCallAndLeavesNothing() throws Exception {
        try (NriProbe probe = connect("10", "refuse")) {
            ObjectNode pod = crictl.pod("refuse");
            probe.rules("{\"fail\": [\"RunPodSandbox\"]}");
            Files.createDirectories(Path.of(pod.get("log_directory").stringValue()));

            assertThat(crictl.refused("runp", crictl.file(pod)))
                    .contains("ask NRI plugin 10-refuse about RunPodSandbox: the rules say that RunPodSandbox fails");
            assertThat(crictl.ids("pods", "-q")).isEmpty();
            assertThat(probe.told().stream().map(line -> line.get("event").stringValue()))
                    .containsSubsequence("RunPodSandbox", "StopPodSandbox", "RemovePodSandbox");

            probe.rules("{\"fail\": [\"CreateContainer\"]}");
            String podId = crictl.runPod(pod);
            ObjectNode config = crictl.container("main", Crictl.BUSYBOX, SLEEP);
            assertThat(crictl.refused("create", podId, crictl.file(config), crictl.file(pod)))
                    .contains("about CreateContainer");
            assertThat(crictl.ids("ps", "-a", "-q")).isEmpty();

            probe.rules("{\"fail\": [\"StartContainer\"]}");
            String id = crictl.run("create", podId, crictl.file(config), crictl.file(pod));
            assertThat(crictl.refused("start", id)).contains("about StartContainer");
            probe.rules("{}");
            crictl.run("start", id);
            assertThat(crictl.inspect(id).get("state").stringValue()).isEqualTo("CONTAINER_RUNNING");
        }
    }

    @Test
    void aPluginThatHangsIsPartedWithAndThePodGoesOn() throws Exception {
        try (NriProbe probe = connect("10", "hang");
                NriProbe other = connect("20", "lives")) {
            probe.rules("{\"hang\": [\"CreateContainer\"]}");
            ObjectNode pod = crictl.pod("hang");
            String podId = crictl.runPod(pod);

            String id = container(podId, pod, "main");

            assertThat(crictl.inspect(id).get("state").stringValue()).isEqualTo("CONTAINER_RUNNING");
            assertThat(probe.events(id)).containsExactly("CreateContainer");
            assertThat(other.events(id)).contains("CreateContainer", "StartContainer");
            assertThat(run.runtime().log()).contains("it did not answer within 2000 ms");
        }
    }

    @Test
    void aPluginThatDiesIsForgotten() throws Exception {
        NriProbe probe = connect("10", "dies");
        ObjectNode pod = crictl.pod("dies");
        String podId;
        try {
            podId = crictl.runPod(pod);
            assertThat(probe.events(podId)).containsExactly("RunPodSandbox");
        } finally {
            probe.close();
        }

        String id = container(podId, pod, "main");

        assertThat(crictl.inspect(id).get("state").stringValue()).isEqualTo("CONTAINER_RUNNING");
    }

    @Test
    void aNewPluginIsToldWhatExistsAndMissesNothing() throws Exception {
        ObjectNode pod = crictl.pod("late");
        String podId = crictl.runPod(pod);
        String before = container(podId, pod, "before");
        Path rules = run.runtime().node().files().resolve("nri-10-late.rules");
        Files.writeString(rules, "{\"hang\": [\"Synchronize\"]}");
        try (NriProbe probe = NriProbe.connect(run.runtime(), "10", "late", "-hang", "2s")) {
            CompletableFuture<String> during = CompletableFuture.supplyAsync(() -> {
                try {
                    return container(podId, pod, "during");
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            String made = during.get(60, TimeUnit.SECONDS);
            String after = container(podId, pod, "after");

            JsonNode told = probe.await("Synchronize", line -> true);
            assertThat(told.get("pods").toString()).contains(podId);
            for (String id : List.of(before, made, after)) {
                assertThat(saw(probe, id)).as(id).isTrue();
            }
        } finally {
            Files.delete(rules);
        }
    }

    @Test
    void pluginsUpdateOtherContainersAndWheneverTheyLike() throws Exception {
        try (NriProbe probe = connect("10", "update")) {
            ObjectNode pod = crictl.pod("update");
            String podId = crictl.runPod(pod);
            String first = container(podId, pod, "first");
            probe.rules("""
                    {"update": {"second": [{"containerId": "%s",
                                            "linux": {"resources": {"cpu": {"shares": {"value": "300"}}}}}]},
                     "unsolicited": [
                       {"containerId": "%s", "linux": {"resources": {"memory": {"limit": {"value": "33554432"}}}}},
                       {"containerId": "unknown", "linux": {"resources": {"cpu": {"shares": {"value": "2"}}}}}]}
                    """.formatted(first, first));
            container(podId, pod, "second");

            assertThat(crictl.inspect(first).at("/resources/linux/cpuShares").asLong())
                    .isEqualTo(300);

            probe.askForUpdates();
            JsonNode answer = probe.await("Unsolicited", line -> true);

            assertThat(answer.path("error").asString("")).isEmpty();
            assertThat(answer.path("failed").asInt()).isEqualTo(1);
            assertThat(crictl.inspect(first)
                            .at("/resources/linux/memoryLimitInBytes")
                            .asLong())
                    .isEqualTo(33554432);
        }
    }

    @Test
    void anUpdateIsChangedOnItsWay() throws Exception {
        try (NriProbe probe = connect("10", "resize")) {
            ObjectNode pod = crictl.pod("resize");
            String podId = crictl.runPod(pod);
            String id = container(podId, pod, "main");
            probe.rules("""
                    {"update": {"main": [{"containerId": "%s",
                                          "linux": {"resources": {"cpu": {"shares": {"value": "700"}}}}}]}}
                    """.formatted(id));

            crictl.run("update", "--cpu-share", "512", "--memory", "50331648", id);

            JsonNode limits = crictl.inspect(id).at("/resources/linux");
            assertThat(limits.get("cpuShares").asLong()).isEqualTo(700);
            assertThat(limits.get("memoryLimitInBytes").asLong()).isEqualTo(50331648);
        }
    }

    @Test
    void aPluginThatJudgesCanRejectWhatOthersWant() throws Exception {
        try (NriProbe judge = connect("90", "judge", "-judge");
                NriProbe probe = connect("10", "wants")) {
            probe.rules("{\"adjust\": {\"main\": {\"env\": [{\"key\": \"A\", \"value\": \"1\"}]}}}");
            ObjectNode pod = crictl.pod("judge");
            String podId = crictl.runPod(pod);
            String id = container(podId, pod, "main");

            JsonNode asked = judge.awaitContainer("ValidateContainerAdjustment", id);
            assertThat(asked.at("/message/adjust/env/0/key").stringValue()).isEqualTo("A");
            assertThat(asked.at("/message/owners/owners/" + id + "/compound/6/owners/A")
                            .stringValue())
                    .isEqualTo("10-wants");

            judge.rules("{\"fail\": [\"ValidateContainerAdjustment\"]}");
            assertThat(crictl.refused(
                            "create",
                            podId,
                            crictl.file(crictl.container("other", Crictl.BUSYBOX, SLEEP)),
                            crictl.file(pod)))
                    .contains("NRI plugin 90-judge rejects what plugins want changed");
        }
    }

    @Test
    void theRuntimeStartsInstalledPluginsAndEndsThem() throws Exception {
        try (CriRun own = CriRun.prepare()) {
            var node = own.runtime().node();
            Path program = Files.createDirectories(node.nriPlugins()).resolve("05-installed");
            Files.copy(Toolbox.require("nri-probe"), program);
            Files.setAttribute(program, "unix:mode", 0755);
            Files.writeString(node.nriPlugins().resolve("README"), "no plugin");
            Files.writeString(Files.createDirectories(node.nriConfig()).resolve("installed.conf"), "some: text");
            own.runtime().start();
            Crictl mine = own.crictl();

            String podId = mine.runPod(mine.pod("installed"));
            mine.removePod(podId);

            List<JsonNode> told = NriProbe.told(program);
            assertThat(told.get(0).get("event").stringValue()).isEqualTo("Configure");
            assertThat(told.get(0).get("config").stringValue()).isEqualTo("some: text");
            assertThat(told.get(0).get("podName").stringValue()).isEqualTo("gantry");
            assertThat(told.stream().map(line -> line.get("event").stringValue()))
                    .contains("Synchronize", "RunPodSandbox", "RemovePodSandbox");
            own.runtime().stop();
            assertThat(NriProbe.told(program).stream()
                            .map(line -> line.get("event").stringValue()))
                    .contains("Shutdown");
            assertThat(Files.exists(node.nriSocket())).isFalse();
        }
    }
}
