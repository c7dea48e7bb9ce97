package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.DockerDouble;
import io.gantry.e2e.process.Command;
import io.gantry.e2e.process.Result;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import tools.jackson.databind.node.ObjectNode;

/** Images that come in and go out without a registry, by the commands of the built program. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ImageArchivesIT {
    private static final String DOCKER_FORM = "e2e-test-images/nonewprivs:1.3";
    private static final String OCI_FORM = "e2e-test-images/busybox:1.29-2";
    private static final String NAME = "archive.example.test/team/app:1";
    private static final String SECOND_NAME = "archive.example.test/team/app:two";

    private CriRun run;
    private ImageCommand image;
    private Path files;
    private Path dockerArchive;
    private Path ociArchive;
    private Path layout;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"), "these are commands of Gantry's");
        for (String program : List.of("skopeo", "umoci", "zstd", "gzip")) {
            assumeTrue(Command.of("sh", "-c", "command -v " + program).result().status() == 0, "needs " + program);
        }
        run = CriRun.start();
        image = new ImageCommand(run.runtime());
        files = run.runtime().node().files();
        dockerArchive = files.resolve("docker.tar");
        ociArchive = files.resolve("oci.tar");
        layout = files.resolve("layout");
        skopeo(
                "copy",
                "--additional-tag",
                SECOND_NAME,
                remote(DOCKER_FORM),
                "docker-archive:" + dockerArchive + ":" + NAME);
        skopeo("copy", remote(OCI_FORM), "oci-archive:" + ociArchive + ":" + NAME);
        skopeo("copy", remote(OCI_FORM), "oci:" + layout + ":" + NAME);
        for (Path archive : List.of(dockerArchive, ociArchive)) {
            Command.of("gzip", "-k", "-1", archive).run();
            Command.of("zstd", "-q", "-1", archive, "-o", archive + ".zst").run();
        }
    }

    @AfterAll
    void close() throws Exception {
        if (run != null) {
            run.close();
        }
    }

    @AfterEach
    void empty() throws Exception {
        for (String id : run.crictl().ids("images", "-q")) {
            run.crictl().run("rmi", id);
        }
        assertThat(layers()).isEmpty();
        assertThat(names("")).noneMatch(name -> name.startsWith("."));
    }

    /** Complete layers; what was removed goes in the background. */
    private List<String> layers() throws IOException {
        return names("layers").stream().filter(name -> !name.startsWith(".")).toList();
    }

    private String remote(String name) {
        return "docker://" + run.registry().address() + "/" + name;
    }

    private static String skopeo(Object... words) throws IOException, InterruptedException {
        return Command.of(Stream.concat(
                                Stream.of("skopeo"),
                                Arrays.stream(words)
                                        .map(Object::toString)
                                        .flatMap(word -> word.equals("copy")
                                                ? Stream.of("copy", "--src-tls-verify=false")
                                                : Stream.of(word)))
                        .toList())
                .run();
    }

    /** The id that an image of the registry has. */
    private static String id(String name) throws IOException {
        return Files.readAllLines(Toolbox.requireImages().resolve("images.tsv")).stream()
                .map(line -> line.split("\t"))
                .filter(fields -> (fields[0] + ":" + fields[1]).equals(name))
                .map(fields -> fields[3])
                .findFirst()
                .orElseThrow();
    }

    private List<String> names(String directory) throws IOException {
        try (Stream<Path> all = Files.list(run.runtime().node().root().resolve(directory))) {
            return all.map(path -> path.getFileName().toString()).toList();
        }
    }

    private void assertRuns(String name) throws Exception {
        ObjectNode pod = run.crictl().pod("imported");
        String podId = run.crictl().runPod(pod);
        String id = run.crictl().runContainer(podId, pod, run.crictl().container("c", name, "sh", "-c", "exit 7"));
        assertThat(run.crictl().awaitExit(id).get("exitCode").intValue()).isEqualTo(7);
        run.crictl().removePod(podId);
    }

    @Test
    void everyFormOfArchiveComesIn() throws Exception {
        String docker = id(DOCKER_FORM) + "  " + NAME + " " + SECOND_NAME;
        String oci = id(OCI_FORM) + "  " + NAME;
        Map<Command, String> imports = new LinkedHashMap<>();
        imports.put(image.of("import", dockerArchive), docker);
        imports.put(image.of("import", dockerArchive + ".gz"), docker);
        imports.put(image.of("import", "-").input(Path.of(dockerArchive + ".zst")), docker);
        imports.put(image.of("import", ociArchive), oci);
        imports.put(image.of("import", ociArchive + ".zst"), oci);
        imports.put(image.of("import", "-").input(Path.of(ociArchive + ".gz")), oci);
        imports.put(image.of("import", layout), oci);
        imports.put(
                image.of("import", layout, "--name", "other.example.test/app:1"),
                id(OCI_FORM) + "  other.example.test/app:1");
        for (Map.Entry<Command, String> one : imports.entrySet()) {
            assertThat(one.getKey().run()).isEqualTo(one.getValue());
            String id = one.getValue().split(" ")[0];
            assertThat(run.crictl().ids("images", "-q")).containsExactly(id);
            run.crictl().run("rmi", id);
            assertThat(layers()).isEmpty();
        }
    }

    @Test
    void anImportedImageRuns() throws Exception {
        image.of("import", dockerArchive).run();
        assertRuns(SECOND_NAME);
    }

    @Test
    void whatIsNoArchiveLeavesNothing() throws Exception {
        byte[] whole = Files.readAllBytes(dockerArchive);
        Path garbage = Files.write(files.resolve("garbage"), Arrays.copyOfRange(whole, 100_000, 200_000));
        Path half = Files.write(files.resolve("half.tar"), Arrays.copyOf(whole, whole.length / 2));
        for (Object archive : List.of(garbage, half, files.resolve("missing.tar"), files)) {
            Result result = image.of("import", archive).result();
            assertThat(result.status()).as(archive.toString()).isEqualTo(1);
            assertThat(result.error()).startsWith("gantry: import images from " + archive);
            assertThat(result.output()).isEmpty();
        }
        assertThat(image.of("import", "-").input(half).result().error())
                .startsWith("gantry: import images from standard input");
        assertThat(run.crictl().ids("images", "-q")).isEmpty();
    }

    @Test
    void exportsAreReadByOthersAndHoldTheSameFiles() throws Exception {
        run.crictl().run("pull", "registry.k8s.io/" + DOCKER_FORM);
        skopeo("copy", remote(DOCKER_FORM), "oci:" + files.resolve("original") + ":x");
        String original = tree("original");
        for (String format : List.of("oci", "docker")) {
            Path archive = files.resolve("export-" + format + ".tar");
            Result result = image.of("export", "--format", format, "-o", archive, "registry.k8s.io/" + DOCKER_FORM)
                    .result();
            assertThat(result.status()).as(result.error()).isZero();
            String id = result.error().isEmpty()
                    ? id(DOCKER_FORM)
                    : result.error().replaceAll("(?s).* has the id (\\S+) in the archive.*", "$1");
            skopeo("copy", format + "-archive:" + archive, "oci:" + files.resolve("exported-" + format) + ":x");
            assertThat(tree("exported-" + format)).isEqualTo(original);
            assertThat(image.of("import", archive, "--name", "again.example.test/a:1")
                            .run())
                    .isEqualTo(id + "  again.example.test/a:1");
            // The same image, the same archive.
            Path again = files.resolve("again.tar");
            image.of("export", "--format", format, "-o", again, "registry.k8s.io/" + DOCKER_FORM)
                    .result();
            assertThat(Files.mismatch(archive, again)).isEqualTo(-1);
            run.crictl().run("rmi", "again.example.test/a:1");
            // With another id in the archive it is still here.
            run.crictl().run("pull", "registry.k8s.io/" + DOCKER_FORM);
        }
    }

    /** Names, modes, owners, times and contents of all below an image's root directory, unpacked by umoci. */
    private String tree(String name) throws IOException, InterruptedException {
        Path bundle = files.resolve(name + "-bundle");
        Command.of("umoci", "unpack", "--image", files.resolve(name) + ":x", bundle)
                .run();
        return Command.of(
                        "sh",
                        "-c",
                        "cd " + bundle
                                + "/rootfs && find . -mindepth 1 -print0 | sort -z | tar --null --no-recursion -T - "
                                + "--numeric-owner --xattrs --format=posix "
                                + "--pax-option=exthdr.name=%d/%f,delete=atime,delete=ctime -cf - | sha256sum")
                .run();
    }

    @Test
    void standardOutputTakesSeveralImages() throws Exception {
        run.crictl().run("pull", "registry.k8s.io/" + DOCKER_FORM);
        run.crictl().run("pull", "registry.k8s.io/" + OCI_FORM);
        Path archive = files.resolve("both.tar.zst");
        Command.of(
                        "sh",
                        "-c",
                        image.line("export", "registry.k8s.io/" + DOCKER_FORM, "registry.k8s.io/" + OCI_FORM, "-o", "-")
                                + " | zstd -q >" + archive)
                .run();
        for (String id : run.crictl().ids("images", "-q")) {
            run.crictl().run("rmi", id);
        }
        assertThat(image.of("import", archive).run().lines())
                .hasSize(2)
                .anyMatch(line -> line.endsWith("  registry.k8s.io/" + DOCKER_FORM))
                .anyMatch(line -> line.endsWith("  registry.k8s.io/" + OCI_FORM));
    }

    @Test
    void anExportThatFailsLeavesWhatWasThere() throws Exception {
        Path there = Files.writeString(files.resolve("there.tar"), "kept");
        Result result =
                image.of("export", "-o", there, "none.example.test/none:1").result();
        assertThat(result.status()).isEqualTo(1);
        assertThat(result.error()).startsWith("gantry: export image").contains("none.example.test/none:1");
        assertThat(there).hasContent("kept");
        assertThat(files.resolve(".there.tar.partial")).doesNotExist();
    }

    @Test
    void theStoreIsOpenWithoutADaemonToo() throws Exception {
        run.runtime().stop();
        try {
            assertThat(image.of("import", layout).run()).isEqualTo(id(OCI_FORM) + "  " + NAME);
            assertThat(image.of("verify").result().status()).isZero();
            image.of("export", NAME, "-o", files.resolve("offline.tar")).result();
            assertThat(files.resolve("offline.tar")).isNotEmptyFile();
        } finally {
            run.runtime().start();
        }
        assertThat(run.crictl().ids("images", "-q")).containsExactly(id(OCI_FORM));
        assertRuns(NAME);
    }

    @Test
    void imagesOfADockerEngineAreCopied() throws Exception {
        Path socket = run.runtime().node().state().resolve("docker.sock");
        Result none = image.of("load-from-docker", "--docker-socket", socket).result();
        assertThat(none.status()).isEqualTo(1);
        assertThat(none.error())
                .isEqualTo("gantry: load images from the Docker engine at " + socket
                        + ": there is no such socket; start the engine, or name its socket with --docker-socket\n");
        try (DockerDouble _ = DockerDouble.start(socket, Map.of(NAME, dockerArchive))) {
            Result unknown = image.of("load-from-docker", "--docker-socket", socket, "none:1")
                    .result();
            assertThat(unknown.status()).isEqualTo(1);
            assertThat(unknown.error()).contains("the engine answered 404: No such image: none:1");
            assertThat(image.of("load-from-docker", "--docker-socket", socket).run())
                    .isEqualTo(id(DOCKER_FORM) + "  " + NAME + " " + SECOND_NAME);
            assertThat(image.of("load-from-docker", NAME)
                            .env("DOCKER_HOST", "unix://" + socket)
                            .run())
                    .startsWith(id(DOCKER_FORM));
        }
        assertRuns(NAME);
    }
}
