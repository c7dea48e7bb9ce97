package io.gantry.e2e.kubelet;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.images.LocalRegistry;
import io.gantry.e2e.runtime.Node;
import io.gantry.e2e.runtime.NodeContents;
import io.gantry.e2e.runtime.RuntimeUnderTest;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A node of its own on this machine: the registry with the test images, the runtime, a kubelet on it and, where asked,
 * an API server. Closing it leaves nothing; the logs of a failed test are kept in {@code e2e/target/kubelet}.
 */
final class KubeletNode implements AutoCloseable {
    /** A registry whose images the node's policy does not let in; only where the runtime is Gantry. */
    static final String REJECTED = "rejected.example.test";

    private final LocalRegistry registry;
    private final RuntimeUnderTest runtime;
    private final Kubelet kubelet;
    private final Optional<ControlPlane> controlPlane;
    private final KubeletOptions options;

    private KubeletNode(LocalRegistry registry, RuntimeUnderTest runtime, boolean cluster)
            throws IOException, InterruptedException {
        this.registry = registry;
        this.runtime = runtime;
        this.kubelet = Kubelet.prepare(runtime.node());
        this.controlPlane = cluster
                ? Optional.of(new ControlPlane(runtime.node(), kubelet.files().address()))
                : Optional.empty();
        this.options = controlPlane
                .map(server -> KubeletOptions.cluster(server.kubeconfig()))
                .orElse(KubeletOptions.standalone());
    }

    /** A started node without an API server; skips the calling test where this machine lacks something. */
    static KubeletNode standalone() throws IOException, InterruptedException {
        return start(false);
    }

    /** A started node with an API server, which knows it as {@link Kubelet#NODE_NAME}. */
    static KubeletNode cluster() throws IOException, InterruptedException {
        return start(true);
    }

    private static KubeletNode start(boolean cluster) throws IOException, InterruptedException {
        assumeReady(cluster);
        Path images = Toolbox.requireImages();
        LocalRegistry registry =
                LocalRegistry.start(images.resolve("docker-registry"), images.resolve("storage"), false);
        RuntimeUnderTest runtime;
        try {
            runtime = RuntimeUnderTest.create(registry.address());
            if (runtime.name().equals("gantry")) {
                writeTrustPolicy(runtime.node());
            }
        } catch (IOException | InterruptedException | RuntimeException e) {
            registry.close();
            throw e;
        }
        Optional<KubeletNode> node = Optional.empty();
        try {
            node = Optional.of(new KubeletNode(registry, runtime, cluster));
            node.get().startAll();
            return node.get();
        } catch (IOException | InterruptedException | RuntimeException | AssertionError e) {
            if (node.isPresent()) {
                node.get().keepLogs("start");
                node.get().close();
            } else {
                runtime.close();
                registry.close();
            }
            throw e;
        }
    }

    private static void writeTrustPolicy(Node node) throws IOException {
        Path policy = Files.writeString(
                node.files().resolve("trust.toml"), "[[rule]]\nmatch = \"" + REJECTED + "\"\nrequire = \"reject\"\n");
        Path config = node.files().resolve("gantry.toml");
        Files.writeString(
                config,
                Files.readString(config).replace("[images]\n", "[images]\ntrust_policy = \"" + policy + "\"\n"));
    }

    private static void assumeReady(boolean cluster) {
        assumeTrue("root".equals(System.getProperty("user.name")), "needs root: mounts, namespaces and cgroups");
        assumeTrue(Toolbox.images().isPresent(), "needs the test images: ./dev test makes them");
        List<String> tools = cluster
                ? List.of("crictl", "runc", "kubelet", "kubelet-client", "kube-apiserver", "etcd")
                : List.of("crictl", "runc", "kubelet", "kubelet-client");
        for (String tool : tools) {
            assumeTrue(Toolbox.find(tool).isPresent(), "needs " + tool + ": ./dev test gets it");
        }
        assumeTrue(
                Files.isReadable(Path.of("/dev/kmsg")),
                "needs /dev/kmsg, which the kubelet reads: a container has to be given it");
    }

    private void startAll() throws IOException, InterruptedException {
        runtime.start();
        if (controlPlane.isPresent()) {
            controlPlane.get().start();
        }
        kubelet.start(options);
    }

    RuntimeUnderTest runtime() {
        return runtime;
    }

    Kubelet kubelet() {
        return kubelet;
    }

    KubeletApi api() {
        return kubelet.api();
    }

    ControlPlane controlPlane() {
        return controlPlane.orElseThrow(() -> new IllegalStateException("this node has no API server"));
    }

    StaticPods staticPods() {
        return new StaticPods(kubelet.files().manifests(), kubelet.api());
    }

    /** The options that the node was started with. */
    KubeletOptions options() {
        return options;
    }

    /** A directory of the host for one pod, which a test looks into. */
    Path directory(String name) throws IOException {
        return Files.createDirectories(runtime.node().files().resolve("shared").resolve(name));
    }

    /** What crictl prints. */
    String crictl(Object... arguments) throws IOException, InterruptedException {
        return runtime.crictl(arguments).run();
    }

    /** Copies the logs of all daemons to {@code target/kubelet/<name>}, where the build keeps them. */
    void keepLogs(String name) {
        try {
            Path target = Toolbox.checkout().resolve("e2e/target/kubelet").resolve(name.replaceAll("[^\\w.-]", "_"));
            Files.createDirectories(target);
            try (Stream<Path> files = Files.list(runtime.node().base())) {
                for (Path log :
                        files.filter(each -> each.toString().endsWith(".log")).toList()) {
                    Files.copy(log, target.resolve(log.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            Files.writeString(target.resolve("pods.json"), kubelet.isRunning() ? api().get("/pods") : "");
            Files.writeString(
                    target.resolve("containers.txt"),
                    runtime.crictl("ps", "-a").result().output());
        } catch (IOException e) {
            System.err.println("keep the logs of " + name + ": " + e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() throws IOException {
        try (registry;
                runtime;
                kubelet) {
            if (controlPlane.isPresent()) {
                controlPlane.get().close();
            }
        }
    }

    /** What is left of the node after its end: empty when all is gone. */
    List<String> remains() throws IOException {
        NodeContents contents = new NodeContents(runtime.node());
        return Stream.of(
                        contents.mounts().stream(),
                        contents.processes().stream().map(NodeContents::commandLine),
                        contents.cgroups().stream().map(Path::toString))
                .flatMap(all -> all)
                .sorted(Comparator.naturalOrder())
                .toList();
    }
}
