package io.gantry.pod.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cni.network.CniConfig;
import io.gantry.cni.network.PodNetworks;
import io.gantry.image.service.ImageService;
import io.gantry.image.service.ImageServiceConfig;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.PodService;
import io.gantry.pod.PodServiceConfig;
import io.gantry.pod.cdi.CdiSpecs;
import io.gantry.pod.config.ContainerConfig;
import io.gantry.pod.config.ContainerMetadata;
import io.gantry.pod.config.ContainerSecurity;
import io.gantry.pod.config.ImageSpec;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.SandboxMetadata;
import io.gantry.pod.config.SandboxSecurity;
import io.gantry.pod.config.SupplementalGroupsPolicy;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.plugin.PodPlugins;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.spec.Rlimit;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The whole of pod-sandbox on real parts: runc, conmon, a network of one script plugin, and a busybox image. {@link #restart}
 * puts a new service on the same directories, as after {@code kill -9}. Closing removes every pod and all else.
 */
public final class PodBed implements AutoCloseable {
    public static final String IMAGE = "localhost/busybox:test";
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String WORKING_ADD =
            "echo '{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":\"eth0\",\"sandbox\":\"x\"}],"
                    + "\"ips\":[{\"address\":\"10.9.8.7/24\",\"interface\":0}]}'";

    private final TestDirectories directories = TestDirectories.create();
    private final Mounts mounts = new Mounts(JnaSyscalls.instance());
    private final HostFacts host = HostFacts.detect();
    private final String cgroupParent;
    private final String runc;
    private ProcessRunner runner = SpawnProcessRunner.shared();
    private CrashPoint crash = new CrashPoint(command -> runner.start(command));
    private @Nullable String bootId;
    private PodPlugins plugins = PodPlugins.NONE;
    private ImageService images;
    private PodNetworks networks;
    private PodService pods;

    private PodBed(String runc) throws IOException, InterruptedException {
        this.runc = runc;
        cgroupParent = "/gantry-test-" + directories.root().getFileName();
        writeWorkingPlugin();
        Files.writeString(directories.dir("cni").resolve("10-test.conflist"), """
                {"cniVersion":"1.0.0","name":"test","plugins":[{"type":"scripted"}]}
                """);
        open();
        images.importArchive(imageLayout(), IMAGE);
    }

    /** Skips the test where root or a program is missing. */
    public static PodBed create() throws IOException, InterruptedException {
        return createWith(Privileges.assumeProgram("runc"));
    }

    /** As {@link #create}, with the newest runc at hand: that of the distribution may lack what is tested. */
    public static PodBed createWithNewestRunc() throws IOException, InterruptedException {
        return createWith(Privileges.assumeNewest("runc"));
    }

    private static PodBed createWith(String runc) throws IOException, InterruptedException {
        Privileges.assumeRoot();
        Privileges.assumeOverlay();
        for (String program : List.of("busybox", "conmon", "tar")) {
            String unused = Privileges.assumeProgram(program);
        }
        return new PodBed(runc);
    }

    private void open() throws InterruptedException {
        crash = new CrashPoint(command -> runner.start(command));
        CrashPoint point = crash;
        Mounts ownMounts = new Mounts(point.syscalls());
        images = ImageService.open(
                ImageServiceConfig.defaults(directories.dir("root"), directories.dir("registries")),
                point.syscalls(),
                ownMounts);
        networks = PodNetworks.open(
                CniConfig.of(
                        directories.dir("cni"), List.of(directories.dir("plugins")), directories.dir("root/networks")),
                point::start);
        await(() -> networks.status().ready(), "the network to be ready");
        pods = PodService.open(
                new PodServiceConfig(
                        directories.dir("root"),
                        directories.dir("state"),
                        Path.of("target/native/gantry-pause").toAbsolutePath(),
                        "conmon",
                        Map.of(
                                "runc", PodService.handler(directories.dir("state"), "runc", runc, "", null),
                                "a-broken",
                                        PodService.handler(
                                                directories.dir("state"), "a-broken", "/no/runtime", "", null),
                                "z-broken",
                                        PodService.handler(
                                                directories.dir("state"), "z-broken", "/no/runtime", "", null)),
                        "runc",
                        "cgroupfs",
                        -1,
                        PATIENCE,
                        CdiSpecs.DIRECTORIES,
                        List.of(
                                new Rlimit(Rlimit.Resource.NOFILE, 512, 2048),
                                new Rlimit(Rlimit.Resource.CORE, 0, -1))),
                images,
                networks,
                point::start,
                point.syscalls(),
                ownMounts,
                bootId == null ? host : withBootId(host, bootId),
                plugins);
        pods.recover();
    }

    /** Where this daemon, until it is restarted, can be cut off. */
    public CrashPoint crash() {
        return crash;
    }

    /** The next start finds that the node was booted meanwhile. */
    public void rebooted(String newBootId) {
        bootId = newBootId;
    }

    private static HostFacts withBootId(HostFacts facts, String id) {
        return new HostFacts(
                facts.kernelVersion(),
                id,
                facts.root(),
                facts.effectiveCapabilities(),
                facts.boundingCapabilities(),
                facts.cgroupMode(),
                facts.cgroupControllers(),
                facts.cgroup2(),
                facts.mayLowerOomScore(),
                facts.oomScoreAdj(),
                facts.seccomp(),
                facts.appArmor(),
                facts.selinux(),
                facts.overlay(),
                facts.systemd(),
                facts.programs());
    }

    /** What the next start finds when this daemon is killed now: nothing is stopped or told. */
    public void restart() throws InterruptedException {
        restartWithoutReconciling();
        boolean unused = pods.reconcile();
    }

    /** The same, at the moment of the first call. */
    public void restartWithoutReconciling() throws InterruptedException {
        pods.close();
        networks.close();
        images.close();
        open();
    }

    /** The same, with these plugins from now on. */
    public void restartWith(PodPlugins newPlugins) throws InterruptedException {
        plugins = newPlugins;
        restart();
    }

    /** Processes of the service are started by this from now on. */
    public void runWith(ProcessRunner newRunner) {
        runner = newRunner;
    }

    public PodService pods() {
        return pods;
    }

    public ImageService images() {
        return images;
    }

    public Path state() {
        return directories.root().resolve("state");
    }

    public Path root() {
        return directories.root().resolve("root");
    }

    public Path logs() {
        return directories.dir("logs");
    }

    /** The network plugin: a script that is given the verb in {@code CNI_COMMAND}; {@code onAdd} answers ADD. */
    public void writePlugin(String onAdd) throws IOException {
        writePlugin(onAdd, "true");
    }

    /** The network plugin; {@code onDel} is what DEL does. */
    public void writePlugin(String onAdd, String onDel) throws IOException {
        Path plugin = directories.dir("plugins").resolve("scripted");
        Path next = directories.dir("plugins").resolve(".next");
        Files.writeString(next, """
                #!/bin/sh
                cat >/dev/null
                case $CNI_COMMAND in
                ADD) %s ;;
                DEL) echo del >>%s; %s ;;
                VERSION) echo '{"cniVersion":"1.0.0","supportedVersions":["1.0.0"]}' ;;
                esac
                """.formatted(onAdd, directories.root().resolve("dels"), onDel));
        Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(next, plugin, java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    /** The plugin as it was at first, which works. */
    public void writeWorkingPlugin() throws IOException {
        writePlugin(WORKING_ADD);
    }

    /** How often DEL was run. */
    public long dels() throws IOException {
        Path file = directories.root().resolve("dels");
        return Files.exists(file) ? Files.readAllLines(file).size() : 0;
    }

    public PodSandboxConfig sandbox(String name) {
        return sandbox(name, NamespaceMode.CONTAINER);
    }

    public PodSandboxConfig sandbox(String name, NamespaceMode pid) {
        return sandbox(name, new NamespaceOptions(NamespaceMode.POD, pid, NamespaceMode.POD, "", null));
    }

    public PodSandboxConfig sandbox(String name, NamespaceOptions namespaces) {
        return new PodSandboxConfig(
                new SandboxMetadata(name, "uid-" + name, "default", 0),
                name,
                logs().resolve(name).toString(),
                null,
                List.of(),
                Map.of("pod", name),
                Map.of(),
                cgroupParent,
                new SandboxSecurity(
                        namespaces,
                        null,
                        null,
                        null,
                        false,
                        List.of(),
                        SupplementalGroupsPolicy.MERGE,
                        false,
                        null,
                        null),
                Map.of(),
                null,
                null);
    }

    public ContainerConfig container(String name, String script) {
        return container(name, List.of("sh", "-c", script), LinuxResources.NONE, NamespaceMode.CONTAINER);
    }

    public ContainerConfig container(String name, List<String> command, LinuxResources resources, NamespaceMode pid) {
        return container(
                name, command, resources, new NamespaceOptions(NamespaceMode.POD, pid, NamespaceMode.POD, "", null));
    }

    public ContainerConfig container(
            String name, List<String> command, LinuxResources resources, NamespaceOptions namespaces) {
        return new ContainerConfig(
                new ContainerMetadata(name, 0),
                new ImageSpec(IMAGE, Map.of(), IMAGE, "", ""),
                command,
                List.of(),
                "",
                List.of(),
                List.of(),
                List.of(),
                Map.of("container", name),
                Map.of(),
                name + ".log",
                false,
                false,
                false,
                resources,
                new ContainerSecurity(
                        List.of(),
                        List.of(),
                        List.of(),
                        false,
                        namespaces,
                        null,
                        null,
                        null,
                        "",
                        false,
                        List.of(),
                        SupplementalGroupsPolicy.MERGE,
                        false,
                        List.of(),
                        List.of(),
                        null,
                        null),
                List.of(),
                "");
    }

    /** A sandbox that is READY. */
    public String run(String name) throws InterruptedException {
        return pods.sandboxes().run(sandbox(name), "");
    }

    /** A container that was created. */
    public String create(String sandboxId, String name, String script) throws InterruptedException {
        return pods.containers().create(sandboxId, container(name, script), sandbox("ignored"));
    }

    /** A container that was started. */
    public String start(String sandboxId, String name, String script) throws InterruptedException {
        String id = create(sandboxId, name, script);
        pods.containers().start(id);
        return id;
    }

    public Container awaitExit(String id) {
        await(() -> pods.containers().status(id).status().isExited(), "container " + id + " to end");
        return pods.containers().status(id);
    }

    public static void await(BooleanSupplier condition, String what) {
        Deadline deadline = Deadline.after(PATIENCE);
        while (!condition.getAsBoolean()) {
            if (deadline.isExpired()) {
                throw new AssertionError("waited in vain for " + what);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    /** SIGKILL. */
    public static void kill(@Nullable ProcessIdentity identity) {
        signal(identity, Signals.SIGKILL);
    }

    public static void signal(@Nullable ProcessIdentity identity, int signal) {
        if (identity == null) {
            throw new AssertionError("there is no such process");
        }
        try (PidFd process = PidFd.open(identity).orElseThrow()) {
            assertThat(process.signal(signal)).isTrue();
        }
    }

    /** Files and mounts of sandboxes and containers, records included; empty when nothing is left. */
    public List<String> leftovers() throws IOException {
        List<String> left = new ArrayList<>();
        for (String directory : List.of(
                "state/sandboxes",
                "state/containers",
                "state/exits",
                "state/sockets",
                "state/runtimes/runc",
                "root/sandboxes",
                "root/containers",
                "root/snapshots")) {
            Path path = directories.root().resolve(directory);
            if (Files.isDirectory(path)) {
                try (Stream<Path> entries = Files.list(path)) {
                    entries.map(entry -> directory + "/" + entry.getFileName())
                            .filter(entry -> !entry.contains("/.gone-"))
                            .forEach(left::add);
                }
            }
        }
        mounts.under(directories.root()).forEach(mount -> left.add("mount " + mount.target()));
        for (Path controller : host.cgroupControllers().values()) {
            Path parent = controller.resolve(cgroupParent.substring(1));
            if (Files.exists(parent)) {
                left.add("cgroup " + parent);
            }
        }
        return left;
    }

    /** Waits until what is left is just this: directories are deleted in the background. */
    public void awaitLeftovers(List<String> expected) throws IOException {
        Deadline deadline = Deadline.after(Duration.ofSeconds(10));
        while (!sorted(leftovers()).equals(sorted(expected)) && !deadline.isExpired()) {
            try {
                Thread.sleep(20);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        assertThat(leftovers()).containsExactlyInAnyOrderElementsOf(expected);
    }

    private static List<String> sorted(List<String> list) {
        return list.stream().sorted().toList();
    }

    /** Command lines of processes that belong to this bed: by their cgroup, or by a path among their arguments. */
    public List<String> processes() throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> all = Files.list(Path.of("/proc"))) {
            for (Path process : all.filter(path -> path.getFileName().toString().matches("[0-9]+"))
                    .toList()) {
                try {
                    String command = Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1);
                    boolean ours = command.contains(directories.root().toString())
                            || Files.readString(process.resolve("cgroup")).contains(cgroupParent + "/");
                    if (ours && !command.isEmpty()) {
                        found.add(process.getFileName() + " " + command.replace('\0', ' '));
                    }
                } catch (IOException e) {
                    // It has ended.
                }
            }
        }
        return found;
    }

    private Path imageLayout() throws IOException, InterruptedException {
        Path rootfs = directories.dir("image/rootfs/bin");
        Files.copy(Path.of(Privileges.assumeProgram("busybox")), rootfs.resolve("busybox"));
        for (String applet : List.of("sh", "sleep", "cat", "echo", "true", "id", "dd", "kill", "ps", "touch", "ls")) {
            Files.createSymbolicLink(rootfs.resolve(applet), Path.of("busybox"));
        }
        for (String directory : List.of("tmp", "etc", "proc", "sys", "dev")) {
            Path unused = directories.dir("image/rootfs/" + directory);
        }
        Path layer = directories.root().resolve("image/layer.tar");
        var tar = SpawnProcessRunner.shared()
                .run(
                        Command.of(
                                "tar",
                                "-C",
                                directories.root().resolve("image/rootfs").toString(),
                                "-cf",
                                layer.toString(),
                                "."),
                        Deadline.after(PATIENCE));
        if (!tar.isSuccess()) {
            throw new IOException(tar.stderrText());
        }
        return layout("image/layout", layer, "{}");
    }

    /** An image with one layer, imported under that name. */
    public void importImage(String name, Path layer, String annotations) throws IOException, InterruptedException {
        images.importArchive(layout("image/" + layer.getFileName() + ".layout", layer, annotations), name);
    }

    private Path layout(String directory, Path layer, String annotations) throws IOException {
        Path layout = directories.dir(directory);
        Files.writeString(layout.resolve("oci-layout"), "{\"imageLayoutVersion\":\"1.0.0\"}");
        String layerDigest = blob(layout, Files.readAllBytes(layer));
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
        byte[] config = ("{\"architecture\":\"" + arch
                        + "\",\"os\":\"linux\",\"config\":{\"Env\":[\"PATH=/bin\"],\"Volumes\":{\"/srv/data\":{}}},"
                        + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" + layerDigest + "\"]}}")
                .getBytes(StandardCharsets.UTF_8);
        String configDigest = blob(layout, config);
        byte[] manifest = ("{\"schemaVersion\":2,\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                        + "\"config\":{\"mediaType\":\"application/vnd.oci.image.config.v1+json\",\"digest\":\""
                        + configDigest + "\",\"size\":" + config.length + "},\"layers\":[{\"mediaType\":"
                        + "\"application/vnd.oci.image.layer.v1.tar\",\"digest\":\"" + layerDigest + "\",\"size\":"
                        + Files.size(layer) + "}],\"annotations\":" + annotations + "}")
                .getBytes(StandardCharsets.UTF_8);
        String manifestDigest = blob(layout, manifest);
        Files.writeString(
                layout.resolve("index.json"),
                "{\"schemaVersion\":2,\"manifests\":[{\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\","
                        + "\"digest\":\"" + manifestDigest + "\",\"size\":" + manifest.length + "}]}");
        return layout;
    }

    private static String blob(Path layout, byte[] content) throws IOException {
        try {
            String hex = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(content));
            Path directory = Files.createDirectories(layout.resolve("blobs/sha256"));
            Files.write(directory.resolve(hex), content);
            return "sha256:" + hex;
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            runner = SpawnProcessRunner.shared();
            writeWorkingPlugin();
            for (PodSandbox sandbox : pods.sandboxes().list(SandboxFilter.ALL)) {
                pods.sandboxes().remove(sandbox.id());
            }
            for (Container container : pods.containers().list(ContainerFilter.ALL)) {
                pods.containers().remove(container.id());
            }
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        } finally {
            pods.close();
            networks.close();
            images.close();
            directories.close();
        }
    }

    /** {@link #log} for use in a condition. */
    public String logOf(String sandboxName, String containerName) {
        try {
            return log(sandboxName, containerName);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** For assertions: the log of a container, empty while there is none. */
    public String log(String sandboxName, String containerName) throws IOException {
        @Nullable Path file = logs().resolve(sandboxName).resolve(containerName + ".log");
        return Files.exists(file) ? Files.readString(file) : "";
    }
}
