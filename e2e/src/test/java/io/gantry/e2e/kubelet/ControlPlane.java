package io.gantry.e2e.kubelet;

import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.gantry.e2e.runtime.Node;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * etcd and an API server on loopback, without scheduler and controllers: pods are placed by the test. Whoever has the
 * token may do all.
 */
final class ControlPlane implements AutoCloseable {
    private static final String TOKEN = "e2e";
    /** Kept here, since a logger that nobody holds is forgotten with its level. */
    private static final Logger CLIENT_LOG = Logger.getLogger("io.vertx.core.impl.BlockedThreadChecker");

    static {
        // It prints a stack trace for each second that the client's first answer takes to read on a busy machine.
        CLIENT_LOG.setLevel(Level.SEVERE);
    }

    private final Node node;
    private final String address;
    private final Path directory;
    private final int port;
    private final List<Process> processes = new ArrayList<>();
    private final KubernetesClient client;

    /** Writes the files; {@code address} is one of this machine that is not loopback. */
    ControlPlane(Node node, String address) throws IOException {
        this.node = node;
        this.address = address;
        this.directory = Files.createDirectories(node.base().resolve("control-plane"));
        this.port = freePort();
        Files.writeString(kubeconfig(), kubeconfigText());
        this.client = new KubernetesClientBuilder()
                .withConfig(new ConfigBuilder(io.fabric8.kubernetes.client.Config.empty())
                        .withMasterUrl("https://127.0.0.1:" + port)
                        .withOauthToken(TOKEN)
                        .withTrustCerts(true)
                        .withDisableHostnameVerification(true)
                        .withNamespace(Pods.NAMESPACE)
                        .withRequestTimeout(20_000)
                        .withConnectionTimeout(5_000)
                        .build())
                .build();
    }

    private static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return free.getLocalPort();
        }
    }

    KubernetesClient client() {
        return client;
    }

    Path kubeconfig() {
        return directory.resolve("kubeconfig");
    }

    /** Starts both and returns when the server is ready and has made the default namespace. */
    void start() throws IOException, InterruptedException {
        int etcd = freePort();
        String peers = "http://127.0.0.1:" + freePort();
        String clients = "http://127.0.0.1:" + etcd;
        launch(
                "etcd",
                "--data-dir=" + directory.resolve("etcd"),
                "--listen-client-urls=" + clients,
                "--advertise-client-urls=" + clients,
                "--listen-peer-urls=" + peers,
                "--initial-advertise-peer-urls=" + peers,
                "--initial-cluster=default=" + peers);
        Files.writeString(directory.resolve("tokens"), TOKEN + ",admin,1,\"system:masters\"\n");
        Path key = serviceAccountKey();
        launch(
                "kube-apiserver",
                "--etcd-servers=" + clients,
                "--bind-address=127.0.0.1",
                "--secure-port=" + port,
                "--advertise-address=" + address,
                "--cert-dir=" + directory.resolve("pki"),
                "--token-auth-file=" + directory.resolve("tokens"),
                "--authorization-mode=AlwaysAllow",
                "--service-account-issuer=https://gantry.internal",
                "--service-account-key-file=" + key,
                "--service-account-signing-key-file=" + key,
                "--service-cluster-ip-range=10.96.0.0/24",
                "--disable-admission-plugins=ServiceAccount",
                "--endpoint-reconciler-type=none",
                "--kubelet-preferred-address-types=InternalIP",
                "--allow-privileged=true",
                "--v=1");
        Await.until(
                "the API server to be ready (its log is " + node.base().resolve("kube-apiserver.log") + ")",
                () -> {
                    if (processes.stream().anyMatch(each -> !each.isAlive())) {
                        throw new IllegalStateException("etcd or the API server ended");
                    }
                    return client.namespaces().withName(Pods.NAMESPACE).get() != null
                            && client.raw("/readyz").equals("ok");
                },
                ready -> ready);
    }

    private void launch(String program, String... arguments) throws IOException {
        List<String> words = new ArrayList<>(List.of(Toolbox.require(program).toString()));
        words.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(words)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(node.base().resolve(program + ".log").toFile())
                .redirectInput(Path.of("/dev/null").toFile());
        processes.add(builder.start());
    }

    private Path serviceAccountKey() throws IOException {
        try {
            KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
            generator.initialize(2048);
            KeyPair pair = generator.generateKeyPair();
            String text = Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII))
                    .encodeToString(pair.getPrivate().getEncoded());
            Path file = directory.resolve("service-account.key");
            Files.writeString(file, "-----BEGIN PRIVATE KEY-----\n" + text + "\n-----END PRIVATE KEY-----\n");
            return file;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("make a key for service accounts: " + e.getMessage(), e);
        }
    }

    private String kubeconfigText() {
        return """
                {
                  "apiVersion": "v1",
                  "kind": "Config",
                  "clusters": [{"name": "e2e", "cluster": {
                    "server": "https://127.0.0.1:%d", "insecure-skip-tls-verify": true}}],
                  "users": [{"name": "e2e", "user": {"token": "%s"}}],
                  "contexts": [{"name": "e2e", "context": {"cluster": "e2e", "user": "e2e"}}],
                  "current-context": "e2e"
                }
                """.formatted(port, TOKEN);
    }

    /** Ends the server, then etcd; their files are the node's. */
    @Override
    public void close() {
        client.close();
        for (Process each : processes.reversed()) {
            each.destroy();
            try {
                if (!each.waitFor(5, TimeUnit.SECONDS)) {
                    each.destroyForcibly().waitFor();
                }
            } catch (InterruptedException e) {
                each.destroyForcibly();
                Thread.currentThread().interrupt();
            }
        }
    }
}
