package io.gantry.cri.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.cri.config.ConfigLoader;
import io.gantry.cri.grpc.TestServer;
import io.gantry.cri.image.ImagesEndpoint;
import io.gantry.cri.image.StoreOperations;
import io.gantry.cri.local.LocalImages;
import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.image.progress.PullProgress;
import io.gantry.image.service.Image;
import io.gantry.image.service.ImageService;
import io.gantry.image.service.PullRequest;
import io.gantry.image.service.PullResult;
import io.gantry.image.verify.LayerVerdict;
import io.gantry.platform.testing.Privileges;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The archive commands on a real store, once without a daemon and once through a server. */
class ImageArchiveCommandsTests {
    private final TestServer test = new TestServer();
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Path config;
    private Path archive;

    @BeforeEach
    void setUp() throws Exception {
        Privileges.assumeOverlay();
        String tar = Privileges.assumeProgram("tar");
        Path root = test.directories().root();
        config = test.directories()
                .file(
                        "gantry.toml",
                        "root = \"" + root + "/root\"\nstate = \"" + root + "/state\"\n[api]\nsocket = \"" + root
                                + "/none.sock\"\n[images]\nregistry_dir = \"" + root + "/certs.d\"\n");
        Path work = test.directories().dir("work");
        Files.writeString(work.resolve("hello"), "hello");
        Path saved = test.directories().dir("saved");
        run(tar, "-C", work.toString(), "-cf", saved + "/layer.tar", "hello");
        byte[] layer = Files.readAllBytes(saved.resolve("layer.tar"));
        String diffId = io.gantry.image.reference.Digest.ofSha256(layer).toString();
        Files.writeString(
                saved.resolve("config.json"),
                "{\"architecture\":\""
                        + io.gantry.image.reference.Platform.current().architecture()
                        + "\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"" + diffId
                        + "\"]}}");
        Files.writeString(
                saved.resolve("manifest.json"),
                "[{\"Config\":\"config.json\",\"RepoTags\":[\"demo:1\",\"demo:2\"],\"Layers\":[\"layer.tar\"]}]");
        archive = root.resolve("saved.tar");
        run(tar, "-C", saved.toString(), "-cf", archive.toString(), "layer.tar", "config.json", "manifest.json");
    }

    @AfterEach
    void close() {
        test.close();
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }

    private int gantry(String... arguments) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        return GantryCommands.run(new PrintWriter(out, true), new PrintWriter(err, true), arguments);
    }

    private void roundTrip(String where, String value) throws Exception {
        assertThat(gantry("image", "import", archive.toString(), where, value))
                .as(err.toString())
                .isZero();
        assertThat(out.toString()).matches("sha256:[0-9a-f]{64}  docker.io/library/demo:1 docker.io/library/demo:2\n");

        for (String format : List.of("oci", "docker")) {
            Path exported = test.directories().root().resolve("out-" + format + ".tar");
            assertThat(gantry("image", "export", "demo:1", "-o", exported.toString(), "--format", format, where, value))
                    .as(err.toString())
                    .isZero();
            assertThat(gantry("image", "import", exported.toString(), where, value))
                    .as(err.toString())
                    .isZero();
            assertThat(out.toString()).contains("docker.io/library/demo:1");
        }
        InputStream before = System.in;
        try (InputStream in = Files.newInputStream(archive)) {
            System.setIn(in);
            assertThat(gantry("image", "import", "-", where, value))
                    .as(err.toString())
                    .isZero();
        } finally {
            System.setIn(before);
        }
        assertThat(gantry("image", "verify", where, value)).as(out.toString()).isZero();
        assertThat(out.toString()).contains("layers: ");
        assertThat(gantry("image", "export", "none:1", "-o", "/dev/null/x", where, value))
                .isEqualTo(ExitCodes.FAILURE);
        assertThat(gantry("image", "import", "/no/such/file", where, value)).isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString()).startsWith("gantry: import images from /no/such/file: ");
        assertThat(gantry("image", "load-from-docker", "--docker-socket", "/no/docker.sock", where, value))
                .isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString()).contains("there is no such socket");
        assertThat(test.directories().root().resolve("root")).isDirectoryNotContaining("glob:**/.import*");
    }

    @Test
    void withoutADaemon() throws Exception {
        roundTrip("--config", config.toString());
    }

    @Test
    void anExportFollowsNoLinkThatSomebodyLaidOut() throws Exception {
        assertThat(gantry("image", "import", archive.toString(), "--config", config.toString()))
                .as(err.toString())
                .isZero();
        Path exports = test.directories().dir("exports");
        Path victim = test.directories().file("victim", "precious");
        Files.createSymbolicLink(exports.resolve(".out.tar.partial"), victim);

        assertThat(gantry("image", "export", "demo:1", "-o", exports + "/out.tar", "--config", config.toString()))
                .as(err.toString())
                .isZero();

        assertThat(victim).hasContent("precious");
        try (var names = Files.list(exports)) {
            assertThat(names.map(path -> path.getFileName().toString()))
                    .containsExactlyInAnyOrder(".out.tar.partial", "out.tar");
        }
    }

    @Test
    void anExportThatCannotBeWrittenSaysWhy() {
        assertThat(gantry("image", "import", archive.toString(), "--config", config.toString()))
                .as(err.toString())
                .isZero();
        assertThat(gantry("image", "export", "demo:1", "-o", "/no/such/out.tar", "--config", config.toString()))
                .isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString()).startsWith("gantry: write the archive /no/such/out.tar: no such file: /no/such/");
        assertThat(gantry("image", "export", "demo:1", "-o", "/dev/full", "--config", config.toString()))
                .isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString()).startsWith("gantry: export images demo:1: ").contains("No space left on device");
        assertThat(Path.of("/dev/full")).exists();
        assertThat(Files.isRegularFile(Path.of("/dev/full"))).isFalse();
    }

    @Test
    void throughADaemon() throws Exception {
        try (LocalImages local = LocalImages.open(ConfigLoader.load(config).orThrow())) {
            test.serving(new ImagesEndpoint(new Direct(local.images())));
            roundTrip("--socket", test.socket().toString());
        }
    }

    @Test
    void aStoreThatADaemonHasIsNotTouched() throws Exception {
        try (LocalImages local = LocalImages.open(ConfigLoader.load(config).orThrow())) {
            assertThat(local.images()).isNotNull();
            assertThat(gantry("image", "import", archive.toString(), "--config", config.toString()))
                    .isEqualTo(ExitCodes.FAILURE);
            assertThat(err.toString()).contains("another process works on it");
        }
    }

    @Test
    void aListOfImagesIsReadBeforeTheFirstPull() throws Exception {
        Path list = test.directories().file("list", "# base\nr.io/UPPER:1  # wrong\n\n");
        assertThat(gantry("image", "pull", "--file", list.toString(), "--config", config.toString()))
                .isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString()).contains("repository names must be lower case");
        assertThat(gantry("image", "pull", "--config", config.toString())).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void onePasswordIsShownToOneRegistry() {
        assertThat(gantry("image", "pull", "--user", "me", "r.io/a:1", "other.io/b:1", "--config", config.toString()))
                .isEqualTo(ExitCodes.FAILURE);
        assertThat(err.toString())
                .contains("pull images with --user: one password is for one registry, and the names are of"
                        + " r.io, other.io; pull from one registry at a time");
    }

    private record Direct(ImageService images) implements StoreOperations {
        @Override
        public PullResult pull(PullRequest request, Consumer<PullProgress> watcher) throws InterruptedException {
            return images.pull(request, watcher);
        }

        @Override
        public List<Image> importArchive(Path path, @Nullable String name) throws InterruptedException {
            return images.importArchive(path, name);
        }

        @Override
        public List<Image> importArchive(InputStream stream, String origin, @Nullable String name)
                throws InterruptedException {
            return images.importArchive(stream, origin, name);
        }

        @Override
        public List<Image> loadFromDocker(Path socket, List<String> names) throws InterruptedException {
            return images.loadFromDocker(socket, names);
        }

        @Override
        public List<ExportedImage> exportArchive(List<String> names, ArchiveFormat format, OutputStream target)
                throws InterruptedException {
            return images.exportArchive(names, format, target);
        }

        @Override
        public List<LayerVerdict> verify(boolean repair, Consumer<LayerVerdict> report) throws InterruptedException {
            return images.verify(repair, report);
        }
    }
}
