package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.process.Result;
import io.gantry.e2e.runtime.NodeContents;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** A daemon with the busybox image on a host with criu, containers that count, and what must not be left of them. */
final class CheckpointBed implements AutoCloseable {
    private static final JsonMapper JSON = JsonMapper.shared();
    private static final String COUNT = "i=0; while :; do i=$((i+1)); echo count-$i; sleep 0.1; done";

    final CriRun run;
    final Crictl crictl;
    final CriCall cri;

    private CheckpointBed(CriRun run) {
        this.run = run;
        this.crictl = run.crictl();
        this.cri = new CriCall(run.runtime());
    }

    static CheckpointBed start() throws Exception {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "is about what Gantry's archives hold and what it says");
        assumeTrue(Toolbox.find("cri-call").isPresent(), "needs cri-call: ./dev test builds it");
        assumeCriu();
        CheckpointBed bed = new CheckpointBed(CriRun.start());
        try {
            bed.crictl.run("pull", Crictl.BUSYBOX);
            return bed;
        } catch (IOException | InterruptedException | RuntimeException e) {
            bed.close();
            throw e;
        }
    }

    static void assumeCriu() throws InterruptedException {
        try {
            Result check = Command.of("criu", "check").result();
            assumeTrue(
                    check.status() == 0,
                    "needs a criu that gets on with this kernel: "
                            + check.error().strip());
        } catch (IOException e) {
            assumeTrue(false, "needs criu: ./dev test gets it");
        }
    }

    /** Runs a pod. */
    String pod(String name) throws Exception {
        return crictl.runPod(crictl.pod(name));
    }

    /** A container's configuration that does something and then counts, ten times a second. */
    ObjectNode counter(String name, String first) {
        return crictl.container(name, Crictl.BUSYBOX, "sh", "-c", first + COUNT);
    }

    /** Starts a container in a pod of that name and waits until it has counted a little. */
    String count(String podId, String podName, ObjectNode container) throws Exception {
        String id = crictl.runContainer(podId, crictl.pod(podName), container);
        awaitCount(id, 3);
        return id;
    }

    /** A container's configuration that names a checkpoint as its image. */
    ObjectNode restoring(String name, Object image) {
        ObjectNode container = crictl.container(name, image.toString());
        container.remove("command");
        return container;
    }

    String create(String podId, String podName, ObjectNode container) throws Exception {
        return crictl.run("create", podId, crictl.file(container), crictl.file(crictl.pod(podName)));
    }

    /** What a container has counted, as its log has it. */
    List<Integer> counts(String id) throws Exception {
        return crictl.attempt("logs", id)
                .output()
                .lines()
                .filter(line -> line.startsWith("count-"))
                .map(line -> Integer.parseInt(line.substring("count-".length())))
                .toList();
    }

    int last(String id) throws Exception {
        List<Integer> counts = counts(id);
        return counts.isEmpty() ? 0 : counts.getLast();
    }

    void awaitCount(String id, int least) throws Exception {
        await("container " + id + " to count to " + least, () -> last(id) >= least);
    }

    /** It runs, and goes on counting without having left out a number. */
    void assertCounts(String id) throws Exception {
        assertThat(state(id)).isEqualTo("CONTAINER_RUNNING");
        awaitCount(id, last(id) + 3);
        assertWithoutGap(counts(id));
    }

    static void assertWithoutGap(List<Integer> counts) {
        for (int i = 1; i < counts.size(); i++) {
            assertThat(counts.get(i)).as("what follows in %s", counts).isEqualTo(counts.get(i - 1) + 1);
        }
    }

    String state(String id) throws Exception {
        return crictl.inspect(id).get("state").stringValue();
    }

    String in(String id, String script) throws Exception {
        return crictl.run("exec", "--sync", id, "sh", "-c", script);
    }

    static void await(String what, Callable<Boolean> condition) throws Exception {
        for (int i = 0; i < 600; i++) {
            if (condition.call()) {
                return;
            }
            Thread.sleep(100);
        }
        throw new AssertionError("wait for " + what + ": not within a minute");
    }

    static ObjectNode checkpointRequest(String id, Object location) {
        return JSON.createObjectNode()
                .put("container_id", id)
                .put("location", location.toString())
                .put("timeout", 60);
    }

    void checkpoint(String id, Path location) throws Exception {
        cri.run("CheckpointContainer", checkpointRequest(id, location));
    }

    static ObjectNode podRequest(String podId, Object directory, List<String> containers) {
        ObjectNode request =
                JSON.createObjectNode().put("pod_sandbox_id", podId).put("output_path", directory.toString());
        containers.forEach(request.putArray("container_ids")::add);
        return request;
    }

    ObjectNode restoreRequest(Object directory, String podName, List<ObjectNode> containers) throws IOException {
        ObjectNode pod = crictl.pod(podName);
        Files.createDirectories(Path.of(pod.get("log_directory").stringValue()));
        ObjectNode request = JSON.createObjectNode().put("checkpoint_path", directory.toString());
        request.set("config", pod);
        containers.forEach(request.putArray("container_configs")::add);
        return request;
    }

    /** A new, empty directory for archives. */
    Path directory(String name) throws IOException {
        return Files.createDirectory(run.runtime().node().files().resolve(name));
    }

    Path root() {
        return run.runtime().node().root();
    }

    Path state() {
        return run.runtime().node().state().resolve("gantry");
    }

    static List<String> names(Path archive) throws Exception {
        return Command.of("tar", "-tf", archive).run().lines().toList();
    }

    /** Unpacks an archive with the machine's tar. */
    static Path unpack(Path archive, Path directory) throws Exception {
        Command.of("tar", "-xf", archive, "-C", directory).run();
        return directory;
    }

    static JsonNode json(Path file) throws IOException {
        return JSON.readTree(Files.readString(file));
    }

    /**
     * No work of a checkpoint or restore, no criu; a daemon that has just started may need a moment.
     *
     * @param waiting containers that wait for their restore
     */
    void assertNoneUnderWay(String... waiting) throws Exception {
        await("checkpoints and restores to be over", () -> unfinished().equals(List.of(waiting)));
    }

    private List<String> unfinished() throws IOException {
        List<Long> criu = new NodeContents(run.runtime().node()).criuProcesses();
        return Stream.concat(
                        Stream.of(root().resolve("checkpoints"), root().resolve("restores"))
                                .flatMap(directory -> entries(directory).stream()),
                        criu.stream().map(NodeContents::commandLine))
                .toList();
    }

    static List<String> entries(Path directory) {
        String[] names = directory.toFile().list();
        return names == null ? List.of() : Stream.of(names).sorted().toList();
    }

    /** Removes all pods, and nothing but images and logs is left. */
    void removeAll() throws Exception {
        run.runtime().removePods();
        assertNoneUnderWay();
        NodeContents contents = new NodeContents(run.runtime().node());
        assertThat(contents.mounts()).as("mounts").isEmpty();
        assertThat(contents.bridgePorts()).as("ports of the bridge").isEmpty();
        assertThat(crictl.ids("ps", "-a", "-q")).as("containers").isEmpty();
        List<String> monitors = contents.processes().stream()
                .map(NodeContents::commandLine)
                .filter(line -> line.contains("conmon") || line.contains("runc") || line.contains("crun"))
                .toList();
        assertThat(monitors).as("monitors and runtimes").isEmpty();
        for (String directory : List.of("containers", "sandboxes", "exits")) {
            assertThat(entries(state().resolve(directory))).as(directory).allMatch(name -> name.startsWith(".gone-"));
        }
    }

    static void deleteTree(Path root) throws IOException {
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(path);
            }
        }
    }

    @Override
    public void close() throws IOException {
        run.close();
    }
}
