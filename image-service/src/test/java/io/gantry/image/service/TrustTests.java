package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.image.pull.ImageSource;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.testing.LocalRegistry;
import io.gantry.image.testing.Signer;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.image.tree.TreeRemover;
import io.gantry.image.trust.SignatureStore;
import io.gantry.image.trust.TrustConfig;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Policies over the real registry program. */
@Timeout(180)
class TrustTests {
    private static final String REFUSED = "SignatureValidationFailed: ";

    private final Signer signer = Signer.create("EC");
    private TestDirectories directories;
    private LocalRegistry registry;
    private Mounts mounts;
    private ImageService service;
    private int policies;

    @BeforeEach
    void setUp() {
        Privileges.assumeOverlay();
        registry = LocalRegistry.start();
        directories = TestDirectories.create();
        mounts = new Mounts(JnaSyscalls.instance());
        signer.write(directories.root().resolve("team.pub"));
        policy("default = \"accept\"");
        open();
    }

    @AfterEach
    void tearDown() {
        if (service != null) {
            service.close();
            mounts.unmountAll(directories.root());
            new TreeRemover(JnaSyscalls.instance()).remove(directories.root());
            registry.close();
        }
    }

    private ImageServiceConfig config() {
        return ImageServiceConfig.defaults(directories.root().resolve("root"), directories.dir("certs.d"));
    }

    private void open() {
        service = open(ImageSources.registries(config()));
    }

    private ImageService open(ImageSources sources) {
        return ImageService.open(
                config(),
                new ImagePolicies(
                        new TrustConfig(
                                directories.root().resolve("trust.toml"),
                                directories.dir("verifiers"),
                                Duration.ofSeconds(2)),
                        null,
                        false),
                JnaSyscalls.instance(),
                mounts,
                sources);
    }

    /** Each of another length, so that it is noticed whatever the clock says. */
    private void policy(String text) {
        directories.file("trust.toml", text + "\n" + "#".repeat(++policies));
    }

    private String signed(String rest) {
        return "[[rule]]\nmatch = \"" + registry.host() + "/team\"\nrequire = \"signed\"\nkeys = [\"team.pub\"]\n"
                + rest;
    }

    private TestImage image(String content) {
        return TestImage.oci()
                .architecture(io.gantry.image.reference.Platform.current().architecture())
                .gzipLayer(new TarBuilder().file("a", content).build())
                .build();
    }

    private static String signatureTag(Digest digest) {
        return "sha256-" + digest.hex() + ".sig";
    }

    private void assertRefused(String name, String problem) {
        assertThatThrownBy(() -> service.pull(PullRequest.of(name)))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.PERMISSION_DENIED))
                .hasMessageStartingWith(REFUSED + "pull image " + name + ": ")
                .hasMessageContaining(problem);
        assertThat(service.list(null)).isEmpty();
        try (var layers = Files.list(directories.root().resolve("root/layers"))) {
            assertThat(layers).isEmpty();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void assertRuns(String name) throws InterruptedException {
        Path target = directories.root().resolve("m");
        service.prepareRootfs("m", name, target, RootfsOptions.WRITABLE);
        service.removeRootfs("m", target);
    }

    private void assertMayNotRun(String name) {
        assertThatThrownBy(() -> assertRuns(name))
                .isInstanceOf(GantryException.class)
                .hasMessageStartingWith(REFUSED + "prepare root file system m: ");
    }

    @Test
    void acceptAndReject() throws Exception {
        registry.push("team/app", "1", image("a"));
        String name = registry.host() + "/team/app:1";
        policy("default = \"reject\"");
        assertRefused(name, "the trust policy rejects images of " + registry.host() + "/team/app");
        policy("default = \"reject\"\n[[rule]]\nmatch = \"" + registry.host() + "\"\nrequire = \"accept\"\n");
        service.pull(PullRequest.of(name));
        assertRuns(name);

        policy("default = \"reject\"");
        assertMayNotRun(name);
    }

    @Test
    void aSignatureByKeyLetsAnImageIn() throws Exception {
        TestImage image = image("a");
        registry.push("team/app", "1", image);
        String name = registry.host() + "/team/app:1";
        policy(signed(""));
        assertRefused(name, "requires a signature, and " + image.top().digest() + " has none");

        String repository = registry.host() + "/team/app";
        String tag = signatureTag(image.top().digest());
        registry.push(
                "team/app",
                tag,
                Signer.create("EC").signatureOf(repository, image.top().digest()));
        assertRefused(name, "of 1 signatures none satisfies the trust policy: it is by none of the keys");
        registry.push(
                "team/app",
                tag,
                signer.signatureOf(registry.host() + "/team/x", image.top().digest()));
        assertRefused(name, "it signs the image of another repository");

        registry.push(
                "team/app", tag, signer.signatureOf(repository, image.top().digest()));
        service.pull(PullRequest.of(name));
        assertRuns(name);

        // What was let in once runs after a restart, without the registry, until the key is another one.
        service.close();
        open();
        assertRuns(name);
        Signer.create("EC").write(directories.root().resolve("team.pub"));
        assertMayNotRun(name);
        policy("default = \"accept\"");
        assertRuns(name);
        service.remove(name);
        try (var records = Files.list(directories.root().resolve("root/trust"))) {
            assertThat(records).isEmpty();
        }
    }

    @Test
    void aRemovalDuringAPullOfTheSameImageLeavesItTrusted() throws Exception {
        TestImage image = image("a");
        registry.push("team/app", "1", image);
        registry.push(
                "team/app",
                signatureTag(image.top().digest()),
                signer.signatureOf(registry.host() + "/team/app", image.top().digest()));
        policy(signed(""));
        String name = registry.host() + "/team/app:1";
        service.pull(PullRequest.of(name));
        CountDownLatch judged = new CountDownLatch(1);
        CountDownLatch removed = new CountDownLatch(1);
        service.close();
        ImageSources registries = ImageSources.registries(config());
        service = open(new ImageSources() {
            @Override
            public ImageSource open(ImageReference reference, @Nullable RegistryCredentials credentials) {
                return pausing(registries.open(reference, credentials), judged, removed);
            }

            @Override
            public SignatureStore signatures(ImageReference reference, @Nullable RegistryCredentials credentials) {
                return registries.signatures(reference, credentials);
            }
        });
        try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
            var pull = threads.submit(() -> service.pull(PullRequest.of(name)));
            judged.await();
            service.remove(name);
            removed.countDown();
            pull.get();
        }

        assertRuns(name);
        service.remove(name);
        try (var records = Files.list(directories.root().resolve("root/trust"))) {
            assertThat(records).isEmpty();
        }
    }

    /** A source that waits when the image was let in and its documents are fetched. */
    private static ImageSource pausing(ImageSource source, CountDownLatch reached, CountDownLatch goOn) {
        return new ImageSource() {
            @Override
            public Document resolve() throws InterruptedException {
                return source.resolve();
            }

            @Override
            public byte[] fetch(Descriptor descriptor) throws InterruptedException {
                reached.countDown();
                goOn.await();
                return source.fetch(descriptor);
            }

            @Override
            public InputStream openBlob(Descriptor descriptor) throws InterruptedException {
                return source.openBlob(descriptor);
            }
        };
    }

    @Test
    void anImageFromBeforeThePolicyDoesNotRun() throws Exception {
        registry.push("team/app", "1", image("a"));
        String name = registry.host() + "/team/app:1";
        service.pull(PullRequest.of(name));
        assertRuns(name);
        policy(signed(""));
        assertMayNotRun(name);
    }

    @Test
    void whatSkopeoSignedIsLetIn() throws Exception {
        String skopeo = Privileges.assumeProgram("skopeo");
        assumeTrue(
                new ProcessBuilder(skopeo, "help", "generate-sigstore-key")
                                        .start()
                                        .waitFor()
                                == 0
                        && output(skopeo, "--help").contains("generate-sigstore-key"),
                "needs a skopeo that makes sigstore keys, 1.11 or later");
        registry.push("plain/app", "1", image("a"));
        Path root = directories.root();
        directories.file("registries.d/default.yaml", "default-docker:\n  use-sigstore-attachments: true\n");
        Files.writeString(root.resolve("pass"), "secret");
        run(skopeo, "generate-sigstore-key", "--output-prefix", root + "/cosign", "--passphrase-file", root + "/pass");
        run(
                skopeo,
                "--registries.d",
                root + "/registries.d",
                "copy",
                "--src-tls-verify=false",
                "--dest-tls-verify=false",
                "--sign-by-sigstore-private-key",
                root + "/cosign.private",
                "--sign-passphrase-file",
                root + "/pass",
                "docker://" + registry.host() + "/plain/app:1",
                "docker://" + registry.host() + "/team/app:1");
        Files.copy(root.resolve("cosign.pub"), root.resolve("skopeo.pub"));
        policy("[[rule]]\nmatch = \"" + registry.host() + "\"\nrequire = \"signed\"\nkeys = [\"skopeo.pub\"]\n");

        service.pull(PullRequest.of(registry.host() + "/team/app:1"));
        assertRuns(registry.host() + "/team/app:1");
        assertThatThrownBy(() -> service.pull(PullRequest.of(registry.host() + "/plain/app:1")))
                .hasMessageStartingWith(REFUSED);
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        process.waitFor();
        return output;
    }

    private void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    private void verifier(String name, String script) throws IOException {
        Path file = directories.file("verifiers/" + name, "#!/bin/sh\n" + script + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void verifierProgramsJudgeEveryPull() throws Exception {
        TestImage image = image("a");
        registry.push("team/app", "1", image);
        String name = registry.host() + "/team/app:1";
        Path asked = directories.root().resolve("asked");
        verifier("10-note", "{ echo \"$@\"; cat; } >" + asked);
        verifier("20-no", "echo not today; exit 3");
        assertRefused(name, "verifier 20-no refused it: not today; use an image that the verifiers");
        assertThat(asked)
                .content()
                .contains("-name " + name + " -digest " + image.top().digest()
                        + " -stdin-media-type application/vnd.oci.descriptor.v1+json")
                .contains("\"digest\":\"" + image.top().digest() + "\"");
        verifier("20-no", "sleep 100");
        assertRefused(name, "verifier 20-no did not answer in 2 s");
        directories.file("verifiers/20-no", "");
        Files.setPosixFilePermissions(
                directories.root().resolve("verifiers/20-no"), PosixFilePermissions.fromString("rw-r--r--"));
        assertRefused(name, "verifier 20-no cannot be run");
        verifier("20-no", "exit 0");
        service.pull(PullRequest.of(name));
        assertRuns(name);
    }

    @Test
    void archivesBringNoSignatures() throws Exception {
        policy(signed(""));
        byte[] layer = new TarBuilder().file("a", "a").build();
        TestImage image = TestImage.docker().plainLayer(layer).build();
        byte[] config = java.util.Objects.requireNonNull(image.blobs().get(Digest.parse(image.id())));
        Path archive = Files.write(
                directories.root().resolve("a.tar"),
                new TarBuilder()
                        .file("l.tar", layer)
                        .file("c.json", config)
                        .file(
                                "manifest.json",
                                "[{\"Config\":\"c.json\",\"RepoTags\":[\"" + registry.host()
                                        + "/team/app:1\"],\"Layers\":[\"l.tar\"]}]")
                        .build());
        assertThatThrownBy(() -> service.importArchive(archive, null))
                .hasMessageStartingWith(REFUSED + "import images from " + archive)
                .hasMessageContaining("lets no image of " + registry.host() + "/team/app in without a signature");
        assertThat(service.list(null)).isEmpty();
        assertThat(List.of(
                        service.importArchive(archive, "local/app:1").getFirst().repoTags()))
                .containsExactly(List.of("docker.io/local/app:1"));
    }

    @Test
    void aWrongPolicyStopsTheStart() {
        service.close();
        policy("default = \"maybe\"");
        assertThatThrownBy(this::open).hasMessageContaining("default is neither \"accept\" nor \"reject\"");
        policy("default = \"accept\"");
        open();
    }
}
