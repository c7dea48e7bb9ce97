package io.gantry.e2e;

import io.gantry.e2e.process.Result;
import io.gantry.e2e.runtime.RuntimeUnderTest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Pods and containers through crictl. The plain methods expect success; {@link #attempt} takes what comes. */
final class Crictl {
    static final String BUSYBOX = "registry.k8s.io/e2e-test-images/busybox:1.29-2";
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final AtomicInteger COUNT = new AtomicInteger();

    private final RuntimeUnderTest runtime;

    Crictl(RuntimeUnderTest runtime) {
        this.runtime = runtime;
    }

    /** Runs crictl and returns its standard output. */
    String run(Object... arguments) throws IOException, InterruptedException {
        return runtime.crictl(arguments).run();
    }

    Result attempt(Object... arguments) throws IOException, InterruptedException {
        return runtime.crictl(arguments).result();
    }

    /** Runs crictl, expects it to fail and returns what it said. */
    String refused(Object... arguments) throws IOException, InterruptedException {
        Result result = attempt(arguments);
        if (result.status() == 0) {
            throw new AssertionError("expected to be refused: " + result.command() + ": " + result.output());
        }
        return result.error();
    }

    /** A pod's configuration, on the node's own cgroup and with a private PID namespace as the kubelet asks. */
    ObjectNode pod(String name) {
        return (ObjectNode) JSON.readTree("""
                {
                  "metadata": {"name": "%1$s", "namespace": "e2e", "uid": "uid-%1$s", "attempt": 0},
                  "hostname": "%1$s",
                  "log_directory": "%2$s",
                  "linux": {"cgroup_parent": "%3$s", "security_context": {"namespace_options": {"pid": 1}}}
                }
                """.formatted(
                name, runtime.node().logs().resolve(name), runtime.node().cgroup()));
    }

    /** A container's configuration. */
    ObjectNode container(String name, String image, String... command) {
        return (ObjectNode) JSON.readTree("""
                {
                  "metadata": {"name": "%s", "attempt": 0},
                  "image": {"image": "%s"},
                  "command": [%s],
                  "log_path": "%s.log",
                  "linux": {"security_context": {"namespace_options": {"pid": 1}}}
                }
                """.formatted(
                name, image, Arrays.stream(command).map(Crictl::quoted).collect(Collectors.joining(",")), name));
    }

    private static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }

    /** Writes a configuration where crictl can read it. */
    Path file(JsonNode configuration) throws IOException {
        Path file = runtime.node().files().resolve("config-" + COUNT.incrementAndGet() + ".json");
        Files.writeString(file, JSON.writeValueAsString(configuration));
        return file;
    }

    String runPod(JsonNode pod) throws IOException, InterruptedException {
        Files.createDirectories(Path.of(pod.get("log_directory").stringValue()));
        return run("runp", file(pod));
    }

    /** Creates and starts a container and returns its id. */
    String runContainer(String podId, JsonNode pod, JsonNode container) throws IOException, InterruptedException {
        String id = run("create", podId, file(container), file(pod));
        run("start", id);
        return id;
    }

    JsonNode inspect(String containerId) throws IOException, InterruptedException {
        return JSON.readTree(run("inspect", containerId)).get("status");
    }

    JsonNode inspectPod(String podId) throws IOException, InterruptedException {
        return JSON.readTree(run("inspectp", podId)).get("status");
    }

    /** Waits until the container has exited and returns its status. */
    JsonNode awaitExit(String containerId) throws IOException, InterruptedException {
        for (int i = 0; i < 600; i++) {
            JsonNode status = inspect(containerId);
            if (status.get("state").stringValue().equals("CONTAINER_EXITED")) {
                return status;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("container " + containerId + " did not exit in a minute: " + inspect(containerId));
    }

    List<String> ids(Object... arguments) throws IOException, InterruptedException {
        return run(arguments).lines().toList();
    }

    void removePod(String podId) throws IOException, InterruptedException {
        run("stopp", podId);
        run("rmp", podId);
    }
}
