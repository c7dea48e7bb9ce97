import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpServer;
import io.gantry.cri.v1.*;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.unix.DomainSocketAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * What the daemon does while its AOT cache is recorded: the calls of a kubelet on a small node, again and again, so that the
 * cache holds the classes of these paths and tells the compiler what is hot in them. The image is served from this process
 * and holds one static program, the pause program. Where a part is missing on the building machine (no OCI runtime, no CNI
 * plugin), its calls fail, and the rest is trained all the same.
 *
 * <p>Run by train.sh in a network namespace of its own: {@code AotTraining SOCKET WORK PROGRAM ROUNDS}. Writes
 * {@code WORK/registry/_default/hosts.toml} and pod logs below {@code WORK/logs}.
 */
@SuppressWarnings("DefaultPackage") // It is run from its source.
public final class AotTraining {
    private static final String IMAGE = "training.gantry.internal/gantry/pause:1";

    private final RuntimeServiceGrpc.RuntimeServiceBlockingStub runtime;
    private final ImageServiceGrpc.ImageServiceBlockingStub images;
    private final Path work;
    private final Map<String, Integer> failures = new HashMap<>();

    private AotTraining(ManagedChannel channel, Path work) {
        this.runtime = RuntimeServiceGrpc.newBlockingStub(channel);
        this.images = ImageServiceGrpc.newBlockingStub(channel);
        this.work = work;
    }

    public static void main(String[] args) throws Exception {
        Path work = Path.of(args[1]);
        HttpServer registry = serve(Path.of(args[2]));
        Path hosts = Files.createDirectories(work.resolve("registry/_default")).resolve("hosts.toml");
        Files.writeString(
                hosts,
                "[host.\"http://127.0.0.1:" + registry.getAddress().getPort()
                        + "\"]\ncapabilities = [\"pull\", \"resolve\"]\n");
        EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
        ManagedChannel channel = NettyChannelBuilder.forAddress(new DomainSocketAddress(args[0]))
                .eventLoopGroup(loop)
                .channelType(EpollDomainSocketChannel.class)
                .withOption(ChannelOption.SO_KEEPALIVE, null)
                .overrideAuthority("localhost")
                .usePlaintext()
                .build();
        try {
            AotTraining training = new AotTraining(channel, work);
            for (int round = 0; round < Integer.parseInt(args[3]); round++) {
                training.round(round);
            }
            training.failures.forEach((what, count) -> System.out.println(count + " times not trained: " + what));
        } finally {
            channel.shutdownNow();
            loop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly();
            registry.stop(0);
        }
    }

    /** One pod's life between the questions that a kubelet asks all the time. */
    private void round(int number) {
        ask();
        attempt(
                "PullImage",
                () -> images.pullImage(PullImageRequest.newBuilder()
                        .setImage(ImageSpec.newBuilder().setImage(IMAGE))
                        .build()));
        for (NamespaceMode network : new NamespaceMode[] {NamespaceMode.NODE, NamespaceMode.POD}) {
            attempt("pod with network " + network, () -> pod("training-" + number + "-" + network, network));
        }
        if (number % 10 == 9) {
            attempt(
                    "RemoveImage",
                    () -> images.removeImage(RemoveImageRequest.newBuilder()
                            .setImage(ImageSpec.newBuilder().setImage(IMAGE))
                            .build()));
        }
    }

    private void pod(String name, NamespaceMode network) {
        PodSandboxConfig pod = PodSandboxConfig.newBuilder()
                .setMetadata(PodSandboxMetadata.newBuilder()
                        .setName(name)
                        .setNamespace("training")
                        .setUid(name))
                .setHostname(network == NamespaceMode.POD ? name : "")
                .setLogDirectory(work.resolve("logs").toString())
                .putLabels("io.kubernetes.pod.name", name)
                .setLinux(LinuxPodSandboxConfig.newBuilder()
                        .setCgroupParent(
                                "/gantry-training-" + ProcessHandle.current().pid())
                        .setSecurityContext(LinuxSandboxSecurityContext.newBuilder()
                                .setNamespaceOptions(NamespaceOption.newBuilder()
                                        .setNetwork(network)
                                        .setPid(NamespaceMode.CONTAINER))))
                .build();
        String sandbox = runtime.runPodSandbox(
                        RunPodSandboxRequest.newBuilder().setConfig(pod).build())
                .getPodSandboxId();
        try {
            attempt("container", () -> container(sandbox, pod));
            attempt(
                    "PodSandboxStatus",
                    () -> runtime.podSandboxStatus(PodSandboxStatusRequest.newBuilder()
                            .setPodSandboxId(sandbox)
                            .build()));
            ask();
        } finally {
            runtime.stopPodSandbox(
                    StopPodSandboxRequest.newBuilder().setPodSandboxId(sandbox).build());
            runtime.removePodSandbox(RemovePodSandboxRequest.newBuilder()
                    .setPodSandboxId(sandbox)
                    .build());
        }
    }

    private void container(String sandbox, PodSandboxConfig pod) {
        ContainerConfig config = ContainerConfig.newBuilder()
                .setMetadata(ContainerMetadata.newBuilder().setName("main"))
                .setImage(ImageSpec.newBuilder().setImage(IMAGE))
                .setLogPath(pod.getMetadata().getName() + ".log")
                .addEnvs(KeyValue.newBuilder().setKey("PATH").setValue(ByteString.copyFromUtf8("/")))
                .addAllMounts(programs())
                .addCommand("/usr/bin/sleep")
                .addArgs("1000")
                .putLabels("io.kubernetes.container.name", "main")
                .putAnnotations("io.kubernetes.container.restartCount", "0")
                .setLinux(LinuxContainerConfig.newBuilder()
                        .setResources(LinuxContainerResources.newBuilder()
                                .setCpuShares(2)
                                .setMemoryLimitInBytes(64 << 20))
                        .setSecurityContext(LinuxContainerSecurityContext.newBuilder()
                                .setNamespaceOptions(NamespaceOption.newBuilder()
                                        .setNetwork(pod.getLinux()
                                                .getSecurityContext()
                                                .getNamespaceOptions()
                                                .getNetwork())
                                        .setPid(NamespaceMode.CONTAINER))
                                .setSeccomp(SecurityProfile.newBuilder()
                                        .setProfileType(SecurityProfile.ProfileType.RuntimeDefault))))
                .build();
        String id = runtime.createContainer(CreateContainerRequest.newBuilder()
                        .setPodSandboxId(sandbox)
                        .setConfig(config)
                        .setSandboxConfig(pod)
                        .build())
                .getContainerId();
        runtime.startContainer(
                StartContainerRequest.newBuilder().setContainerId(id).build());
        attempt(
                "ExecSync",
                () -> runtime.execSync(ExecSyncRequest.newBuilder()
                        .setContainerId(id)
                        .addCmd("/usr/bin/true")
                        .setTimeout(10)
                        .build()));
        attempt(
                "ContainerStatus",
                () -> runtime.containerStatus(
                        ContainerStatusRequest.newBuilder().setContainerId(id).build()));
        attempt(
                "ContainerStats",
                () -> runtime.containerStats(
                        ContainerStatsRequest.newBuilder().setContainerId(id).build()));
        attempt(
                "UpdateContainerResources",
                () -> runtime.updateContainerResources(UpdateContainerResourcesRequest.newBuilder()
                        .setContainerId(id)
                        .setLinux(LinuxContainerResources.newBuilder().setCpuShares(4))
                        .build()));
        ask();
        runtime.stopContainer(
                StopContainerRequest.newBuilder().setContainerId(id).build());
        runtime.removeContainer(
                RemoveContainerRequest.newBuilder().setContainerId(id).build());
    }

    /** The building machine's programs, for something to run. */
    private static List<Mount> programs() {
        return Stream.of("/usr", "/lib", "/lib64")
                .filter(directory -> Files.isDirectory(Path.of(directory)))
                .map(directory -> Mount.newBuilder()
                        .setHostPath(directory)
                        .setContainerPath(directory)
                        .setReadonly(true)
                        .build())
                .toList();
    }

    private void ask() {
        for (int time = 0; time < 5; time++) {
            attempt("Version", () -> runtime.version(VersionRequest.getDefaultInstance()));
            attempt("Status", () -> runtime.status(StatusRequest.getDefaultInstance()));
            attempt(
                    "ListPodSandbox",
                    () -> runtime.listPodSandbox(ListPodSandboxRequest.newBuilder()
                            .setFilter(PodSandboxFilter.newBuilder().putLabelSelector("io.kubernetes.pod.name", "none"))
                            .build()));
            attempt("ListPodSandbox", () -> runtime.listPodSandbox(ListPodSandboxRequest.getDefaultInstance()));
            attempt("ListContainers", () -> runtime.listContainers(ListContainersRequest.getDefaultInstance()));
            attempt(
                    "ListContainerStats",
                    () -> runtime.listContainerStats(ListContainerStatsRequest.getDefaultInstance()));
            attempt(
                    "ListPodSandboxStats",
                    () -> runtime.listPodSandboxStats(ListPodSandboxStatsRequest.getDefaultInstance()));
            attempt("ListImages", () -> images.listImages(ListImagesRequest.getDefaultInstance()));
            attempt(
                    "ImageStatus",
                    () -> images.imageStatus(ImageStatusRequest.newBuilder()
                            .setImage(ImageSpec.newBuilder().setImage(IMAGE))
                            .build()));
            attempt("ImageFsInfo", () -> images.imageFsInfo(ImageFsInfoRequest.getDefaultInstance()));
        }
    }

    private void attempt(String what, Runnable call) {
        try {
            call.run();
        } catch (StatusRuntimeException e) {
            failures.merge(
                    what + ": " + String.valueOf(e.getStatus().getDescription()).replaceAll("[0-9a-f]{64}", "ID"),
                    1,
                    Integer::sum);
        }
    }

    // ------------------------------------------------------------------------------------------------------- registry

    /** A registry (OCI distribution specification) with one image of one program. */
    private static HttpServer serve(Path program) throws IOException {
        byte[] tar = tar("pause", Files.readAllBytes(program));
        byte[] layer = gzip(tar);
        byte[] config = """
                {"architecture": "%s", "os": "linux", "config": {"Entrypoint": ["/pause"]},
                 "rootfs": {"type": "layers", "diff_ids": ["%s"]}}""".formatted(architecture(), digest(tar)).getBytes(StandardCharsets.UTF_8);
        byte[] manifest = """
                {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
                 "config": {"mediaType": "application/vnd.oci.image.config.v1+json", "digest": "%s", "size": %d},
                 "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", "digest": "%s", "size": %d}]}""".formatted(digest(config), config.length, digest(layer), layer.length)
                .getBytes(StandardCharsets.UTF_8);
        Map<String, byte[]> blobs = Map.of(digest(config), config, digest(layer), layer);
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v2/", exchange -> {
            String path = exchange.getRequestURI().getPath();
            byte[] body =
                    path.contains("/manifests/") ? manifest : blobs.get(path.substring(path.lastIndexOf('/') + 1));
            if (path.contains("/manifests/")) {
                exchange.getResponseHeaders().set("Content-Type", "application/vnd.oci.image.manifest.v1+json");
                exchange.getResponseHeaders().set("Docker-Content-Digest", digest(manifest));
            }
            boolean head = exchange.getRequestMethod().equals("HEAD");
            exchange.sendResponseHeaders(body == null ? 404 : 200, body == null || head ? -1 : body.length);
            try (OutputStream out = exchange.getResponseBody()) {
                if (body != null && !head) {
                    out.write(body);
                }
            }
        });
        server.start();
        return server;
    }

    private static String architecture() {
        return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    }

    private static byte[] gzip(byte[] bytes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(bytes);
        }
        return out.toByteArray();
    }

    private static String digest(byte[] bytes) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (java.security.NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** An archive of one executable file (pax(1), "ustar Interchange Format"). */
    private static byte[] tar(String name, byte[] content) {
        byte[] archive = new byte[512 + (content.length + 511) / 512 * 512 + 1024];
        put(archive, 0, name);
        put(archive, 100, "0000755\0");
        put(archive, 108, "0000000\0");
        put(archive, 116, "0000000\0");
        put(archive, 124, "%011o\0".formatted(content.length));
        put(archive, 136, "00000000000\0");
        put(archive, 148, "        0");
        put(archive, 257, "ustar\00000");
        int sum = 0;
        for (int i = 0; i < 512; i++) {
            sum += archive[i] & 0xff;
        }
        put(archive, 148, "%06o\0 ".formatted(sum));
        System.arraycopy(content, 0, archive, 512, content.length);
        return archive;
    }

    private static void put(byte[] archive, int at, String text) {
        byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(bytes, 0, archive, at, bytes.length);
    }
}
