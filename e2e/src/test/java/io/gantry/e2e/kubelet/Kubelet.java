package io.gantry.e2e.kubelet;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.runtime.Node;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The kubelet's process on a node. Pods outlive {@link #stop} and {@link #kill}. */
final class Kubelet implements AutoCloseable {
    static final String NODE_NAME = "gantry-e2e";
    private static final Duration START_LIMIT = Duration.ofMinutes(2);

    private final Node node;
    private final KubeletFiles files;
    private final int port;
    private final KubeletApi api;
    private final List<Path> made = new ArrayList<>();
    private Optional<Process> process = Optional.empty();

    private Kubelet(Node node) throws IOException {
        this.node = node;
        this.files = new KubeletFiles(node);
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getByName(files.address()))) {
            this.port = free.getLocalPort();
        }
        this.api = new KubeletApi(server());
    }

    /** Makes what a kubelet needs beside its own files: the node's address, cgroup and mount point. */
    static Kubelet prepare(Node node) throws IOException, InterruptedException {
        KubeletFiles files = new KubeletFiles(node);
        Command.of("ip", "link", "add", node.bridge(), "type", "bridge").run();
        Command.of("ip", "addr", "add", files.address() + "/24", "dev", node.bridge())
                .run();
        Command.of("ip", "link", "set", node.bridge(), "up").run();
        Files.createDirectories(files.root());
        Command.of("mount", "--bind", files.root(), files.root()).run();
        // Shared with nobody but the kubelet's own mount namespace.
        Command.of("mount", "--make-private", files.root()).run();
        Command.of("mount", "--make-shared", files.root()).run();
        makeCgroup(node.cgroup().substring(1));
        return new Kubelet(node);
    }

    private static void makeCgroup(String name) throws IOException {
        Path top = Path.of("/sys/fs/cgroup");
        if (Files.exists(top.resolve("cgroup.controllers"))) {
            Files.createDirectories(top.resolve(name));
            return;
        }
        try (Stream<Path> hierarchies = Files.list(top)) {
            for (Path hierarchy : hierarchies.filter(Files::isDirectory).toList()) {
                if (!Files.isSymbolicLink(hierarchy) && !hierarchy.endsWith("unified")) {
                    Files.createDirectories(hierarchy.resolve(name));
                }
            }
        }
    }

    KubeletFiles files() {
        return files;
    }

    KubeletApi api() {
        return api;
    }

    /** The base of its API's addresses. */
    String server() {
        return "https://" + files.address() + ":" + port;
    }

    long pid() {
        return process.orElseThrow(() -> new IllegalStateException("the kubelet is not started"))
                .pid();
    }

    boolean isRunning() {
        return process.isPresent() && process.get().isAlive();
    }

    String log() throws IOException {
        return Files.exists(files.log()) ? Files.readString(files.log()) : "";
    }

    /** Starts it and returns when it says that it is well. */
    void start(KubeletOptions options) throws IOException, InterruptedException {
        for (String path : List.of("/var/lib/kubelet", "/var/log/containers")) {
            if (!Files.isDirectory(Path.of(path))) {
                Files.createDirectories(Path.of(path));
                made.add(Path.of(path));
            }
        }
        Path script = files.write(Toolbox.require("kubelet"), port, options);
        Process started = new ProcessBuilder(
                        "unshare", "--mount", "--propagation", "unchanged", "sh", script.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(files.log().toFile()))
                .redirectInput(Path.of("/dev/null").toFile())
                .start();
        process = Optional.of(started);
        Await.until(
                "the kubelet to be well",
                START_LIMIT,
                () -> started.isAlive() ? api.get("/healthz") : "dead",
                answer -> {
                    if (answer.equals("dead")) {
                        throw new IllegalStateException("start the kubelet: it ended: " + lastLines());
                    }
                    return answer.equals("ok");
                });
    }

    private String lastLines() {
        try {
            List<String> lines = log().lines().toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Ends it with SIGTERM. */
    void stop() throws InterruptedException {
        if (process.isPresent()) {
            process.get().destroy();
            if (!process.get().waitFor(20, TimeUnit.SECONDS)) {
                process.get().destroyForcibly().waitFor();
            }
        }
    }

    /** Ends it with SIGKILL. */
    void kill() throws InterruptedException {
        if (process.isPresent()) {
            process.get().destroyForcibly().waitFor();
        }
    }

    /** Ends the process; the node's sweep removes the rest. */
    @Override
    public void close() throws IOException {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            process.ifPresent(Process::destroyForcibly);
        }
        for (Path directory : made.reversed()) {
            Files.deleteIfExists(directory);
        }
    }

    @Override
    public String toString() {
        return "kubelet of " + node.base();
    }
}
