package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.e2e.process.Command;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
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
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/** Checkpoints and restores that cannot be are refused with the reason, and leave nothing. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class CheckpointRefusalIT {
    private static final String OLD_CRIU = """
            #!/bin/sh
            case $1 in
                --version) echo 'Version: 3.17.1' ;;
                *) echo 'Error (criu/vdso.c:381): vdso: Unexpected rt vDSO area bounds' >&2; exit 1 ;;
            esac
            """;

    private CheckpointBed bed;
    private Path files;
    private String[] waiting = {};

    @BeforeAll
    void start() throws Exception {
        bed = CheckpointBed.start();
        files = bed.run.runtime().node().files();
    }

    @AfterAll
    void close() throws Exception {
        if (bed != null) {
            bed.close();
        }
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        bed.removeAll();
    }

    private Replacements names() {
        return new Replacements()
                .with(files, "FILES")
                .with(bed.run.runtime().node().base(), "BASE")
                .with(bed.run.runtime().node().state(), "STATE");
    }

    private void refused(String code, String text, String method, ObjectNode request) throws Exception {
        Refusal refusal = bed.cri.refused(method, request, names());
        String said = refusal.text().replaceAll("\\.gantry-[0-9a-f]+\\.tmp", ".gantry-RANDOM.tmp");
        assertThat(new Refusal(refusal.code(), said)).isEqualTo(new Refusal(code, text));
        bed.assertNoneUnderWay(waiting);
    }

    private void checkpointRefused(String code, String text, String id, Object location) throws Exception {
        refused(code, text, "CheckpointContainer", CheckpointBed.checkpointRequest(id, location));
    }

    private void createRefused(String code, String text, String podId, String podName, Object image) throws Exception {
        List<String> before = bed.crictl.ids("ps", "-a", "-q");
        refused(code, text, "CreateContainer", request(podId, podName, image));
        assertThat(bed.crictl.ids("ps", "-a", "-q")).isEqualTo(before);
    }

    @Test
    void aHostWhoseCriuIsMissingOrOld() throws Exception {
        String pod = bed.pod("criu");
        String container = bed.count(pod, "criu", bed.counter("main", ""));
        Path directory = bed.directory("criu");
        Path archive = directory.resolve("main.tar");
        bed.checkpoint(container, archive);
        Path whole = bed.directory("criu-pod");
        bed.cri.run("CheckpointPod", CheckpointBed.podRequest(pod, whole, List.of(container)));
        String waits = bed.create(pod, "criu", bed.restoring("waits", archive));
        waiting = new String[] {waits};
        String path = System.getenv("PATH");
        try {
            restart(withoutCriu());
            criuRefused(
                    "the program criu is not there; install the package criu, version 4.1 or later",
                    pod,
                    container,
                    archive,
                    whole);
            Path old = bed.directory("old-criu");
            Files.writeString(old.resolve("criu"), OLD_CRIU);
            Files.setPosixFilePermissions(old.resolve("criu"), PosixFilePermissions.fromString("rwxr-xr-x"));
            restart(old + ":" + path);
            criuRefused(
                    "criu 3.17.1 does not work on this kernel: vdso: Unexpected rt vDSO area bounds; run 'criu check' as"
                            + " root; a newer criu, or a kernel with CONFIG_CHECKPOINT_RESTORE, may be needed",
                    pod,
                    container,
                    archive,
                    whole);
        } finally {
            waiting = new String[] {};
            restart("");
        }
        bed.checkpoint(container, directory.resolve("again.tar"));
        assertThat(bed.state(waits)).isEqualTo("CONTAINER_CREATED");
        bed.crictl.run("start", waits);
        bed.assertCounts(waits);
    }

    private void criuRefused(String problem, String pod, String container, Path archive, Path whole) throws Exception {
        Path none = files.resolve("criu/none.tar");
        String code = "FailedPrecondition";
        checkpointRefused(code, "checkpoint container ID: " + problem, container, none);
        assertThat(none).doesNotExist();
        bed.assertCounts(container);
        createRefused(code, "create container again: " + problem, pod, "criu", archive);
        Path empty = Files.createDirectories(files.resolve("criu-empty"));
        refused(
                code,
                "checkpoint pod e2e/criu: " + problem,
                "CheckpointPod",
                CheckpointBed.podRequest(pod, empty, List.of(container)));
        assertThat(empty).isEmptyDirectory();
        refused(
                code,
                "start container ID: " + problem,
                "StartContainer",
                JsonMapper.shared().createObjectNode().put("container_id", waiting[0]));
        refused(
                code,
                "create container main: " + problem,
                "RestorePod",
                bed.restoreRequest(whole, "criu-copy", List.of(bed.counter("main", ""))));
        assertThat(bed.crictl.ids("pods", "-q", "--no-trunc")).containsExactly(pod);
    }

    private void restart(String path) throws Exception {
        bed.run.runtime().stop();
        bed.run.runtime().searchPath(path);
        bed.run.runtime().start();
    }

    /** A directory with everything that is in PATH but criu. */
    private String withoutCriu() throws Exception {
        Path directory = bed.directory("no-criu");
        Map<String, Path> programs = new LinkedHashMap<>();
        for (String part : System.getenv("PATH").split(":")) {
            if (Files.isDirectory(Path.of(part))) {
                try (Stream<Path> entries = Files.list(Path.of(part))) {
                    entries.forEach(
                            each -> programs.putIfAbsent(each.getFileName().toString(), each));
                }
            }
        }
        programs.remove("criu");
        for (Map.Entry<String, Path> program : programs.entrySet()) {
            Files.createSymbolicLink(directory.resolve(program.getKey()), program.getValue());
        }
        return directory.toString();
    }

    @Test
    void aContainerThatDoesNotRun() throws Exception {
        String pod = bed.pod("not-running");
        Path directory = bed.directory("not-running");
        Path archive = directory.resolve("main.tar");
        String created = bed.create(pod, "not-running", bed.counter("created", ""));
        String text = "checkpoint container ID: container ID is %s, not RUNNING; start it first";

        checkpointRefused("FailedPrecondition", text.formatted("CREATED"), created, archive);
        String exited = bed.crictl.runContainer(
                pod, bed.crictl.pod("not-running"), bed.crictl.container("exited", Crictl.BUSYBOX, "true"));
        bed.crictl.awaitExit(exited);
        checkpointRefused("FailedPrecondition", text.formatted("EXITED"), exited, archive);
        checkpointRefused("NotFound", "find container ID: there is no container of that id", "0".repeat(64), archive);
        refused(
                "FailedPrecondition",
                "checkpoint pod e2e/not-running: container ID is CREATED, not RUNNING; start it first",
                "CheckpointPod",
                CheckpointBed.podRequest(pod, directory, List.of(created)));
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aPlaceThatCannotBecomeAnArchive() throws Exception {
        String pod = bed.pod("place");
        String container = bed.count(pod, "place", bed.counter("main", ""));
        Path directory = bed.directory("place");
        Path readOnly = Files.createDirectory(directory.resolve("read-only"));
        Command.of("mount", "-t", "tmpfs", "-o", "ro", "none", readOnly).run();
        try {
            checkpointRefused(
                    "PermissionDenied",
                    "checkpoint container ID: FILES/place/read-only/.gantry-RANDOM.tmp: Read-only file system",
                    container,
                    readOnly.resolve("main.tar"));
        } finally {
            Command.of("umount", readOnly).run();
        }
        checkpointRefused(
                "InvalidArgument",
                "checkpoint container ID: location is not an absolute path: \"main.tar\"",
                container,
                "main.tar");
        checkpointRefused("InvalidArgument", "checkpoint container ID: location is empty", container, "");
        checkpointRefused(
                "InvalidArgument",
                "checkpoint container ID: location FILES/place is a directory; name a file by its absolute path",
                container,
                directory);
        checkpointRefused(
                "NotFound",
                "checkpoint container ID: the directory FILES/place/missing is not there; make it first",
                container,
                directory.resolve("missing/main.tar"));
        Path link = Files.createSymbolicLink(directory.resolve("link.tar"), Path.of("elsewhere"));
        checkpointRefused(
                "InvalidArgument",
                "checkpoint container ID: location FILES/place/link.tar is there already and is no file; name a file by"
                        + " its absolute path",
                container,
                link);
        assertThat(CheckpointBed.entries(directory)).containsExactly("link.tar", "read-only");
        bed.assertCounts(container);
    }

    @Test
    void aDiskThatIsFull() throws Exception {
        String pod = bed.pod("full");
        String container = bed.count(pod, "full", bed.counter("main", ""));
        Path small = bed.directory("small");
        Command.of("mount", "-t", "tmpfs", "-o", "size=64k", "none", small).run();
        try {
            checkpointRefused(
                    "ResourceExhausted",
                    "checkpoint container ID: write FILES/small/main.tar: No space left on device; free disk space",
                    container,
                    small.resolve("main.tar"));
            assertThat(CheckpointBed.entries(small)).isEmpty();
        } finally {
            Command.of("umount", small).run();
        }
        bed.assertCounts(container);

        Path works = bed.root().resolve("checkpoints");
        Command.of("mount", "-t", "tmpfs", "-o", "size=64k", "none", works).run();
        try {
            Refusal refusal = bed.cri.refused(
                    "CheckpointContainer",
                    CheckpointBed.checkpointRequest(container, small.resolve("main.tar")),
                    names());
            assertThat(refusal.code()).isEqualTo("ResourceExhausted");
            assertThat(refusal.text())
                    .startsWith("checkpoint container ID: ")
                    .contains("No space left on device")
                    .endsWith("; free disk space");
            assertThat(CheckpointBed.entries(small)).isEmpty();
            bed.assertNoneUnderWay();
        } finally {
            Command.of("umount", works).run();
        }
        bed.assertCounts(container);
        bed.checkpoint(container, small.resolve("main.tar"));

        Path restores = bed.root().resolve("restores");
        Command.of("mount", "-t", "tmpfs", "-o", "size=64k", "none", restores).run();
        try {
            createRefused(
                    "ResourceExhausted",
                    "create container again: unpack checkpoint archive FILES/small/main.tar in BASE/root/restores/ID: no space"
                            + " left on device; free disk space",
                    pod,
                    "full",
                    small.resolve("main.tar"));
        } finally {
            Command.of("umount", restores).run();
        }
    }

    @Test
    void anArchiveThatIsNone() throws Exception {
        String pod = bed.pod("archives");
        String container = bed.count(pod, "archives", bed.counter("main", ""));
        Path directory = bed.directory("archives");
        Path good = directory.resolve("good.tar");
        bed.checkpoint(container, good);
        String create = "create container again: ";
        String cannot = create + "checkpoint archive FILES/archives/%s cannot be used: %s";

        byte[] content = Files.readAllBytes(good);
        Path cut = Files.write(directory.resolve("cut.tar"), Arrays.copyOf(content, content.length / 2));
        createRefused("InvalidArgument", cannot.formatted("cut.tar", "tar stream is cut off"), pod, "archives", cut);
        Path rubbish = Files.write(
                directory.resolve("rubbish.tar"), "no tar at all ".repeat(1000).getBytes(StandardCharsets.UTF_8));
        createRefused(
                "InvalidArgument",
                cannot.formatted("rubbish.tar", "not a tar header (wrong checksum)"),
                pod,
                "archives",
                rubbish);
        Path empty = Files.createFile(directory.resolve("empty.tar"));
        createRefused(
                "InvalidArgument",
                cannot.formatted("empty.tar", "the layer is empty, it has not even the end of a tar stream")
                        .replace("cannot be used", "cannot be read"),
                pod,
                "archives",
                empty);
        createRefused(
                "NotFound",
                create + "there is no checkpoint archive FILES/archives/none.tar",
                pod,
                "archives",
                directory.resolve("none.tar"));
        createRefused(
                "InvalidArgument",
                create + "checkpoint archive FILES/archives is not a file",
                pod,
                "archives",
                directory);
        Path other = Files.createDirectory(directory.resolve("other"));
        Files.writeString(other.resolve("file"), "content");
        createRefused(
                "InvalidArgument",
                create + "checkpoint archive FILES/archives/other.tar is no checkpoint of a container: it has no"
                        + " config.dump",
                pod,
                "archives",
                pack(directory.resolve("other.tar"), other, ""));
        bed.assertCounts(container);
    }

    @Test
    void anArchiveThatLeadsOutOfItself() throws Exception {
        String pod = bed.pod("hostile");
        String container = bed.count(pod, "hostile", bed.counter("main", ""));
        Path directory = bed.directory("hostile");
        Path good = directory.resolve("good.tar");
        bed.checkpoint(container, good);
        String create = "create container again: ";
        String cannot = create + "checkpoint archive FILES/hostile/%s cannot be used: %s";
        Path bait = Files.createDirectory(directory.resolve("bait"));
        Files.writeString(bait.resolve("escaped"), "content");

        createRefused(
                "InvalidArgument",
                cannot.formatted("up.tar", "the name \"../../escaped\" leads out of it"),
                pod,
                "hostile",
                pack(directory.resolve("up.tar"), bait, "s,^escaped,../../escaped,"));
        createRefused(
                "InvalidArgument",
                cannot.formatted("absolute.tar", "the name \"" + bed.root() + "/escaped\" leads out of it")
                        .replace(bed.root().toString(), "BASE/root"),
                pod,
                "hostile",
                pack(directory.resolve("absolute.tar"), bait, "s,^escaped," + bed.root() + "/escaped,"));
        Path linked = Files.createDirectory(directory.resolve("linked"));
        Files.createSymbolicLink(linked.resolve("escaped"), Path.of("/etc"));
        createRefused(
                "InvalidArgument",
                cannot.formatted("link.tar", "it holds a link, \"escaped\"; only files and directories are accepted"),
                pod,
                "hostile",
                pack(directory.resolve("link.tar"), linked, ""));
        assertThat(bed.root().resolve("escaped")).doesNotExist();

        // What the archive says of the container's files stays below the container's root.
        Path parts = CheckpointBed.unpack(good, Files.createDirectory(directory.resolve("parts")));
        Path victim = Files.writeString(directory.resolve("victim"), "here");
        Files.writeString(parts.resolve("deleted.files"), "[\"/../../../../../.." + victim + "\"]");
        Path diff = parts.resolve("rootfs-diff.tar");
        Files.delete(diff);
        pack(diff, bait, "s,^escaped,../../../../../../.." + directory + "/escaped,");
        JsonNode made = bed.cri.run(
                "CreateContainer", request(pod, "hostile", pack(directory.resolve("inner.tar"), parts, "")));
        bed.crictl.run("rm", made.iterator().next().stringValue());
        assertThat(directory.resolve("escaped")).doesNotExist();
        assertThat(victim).exists();
        bed.assertNoneUnderWay();
        bed.assertCounts(container);
    }

    private ObjectNode request(String podId, String podName, Object image) {
        ObjectNode request = JsonMapper.shared().createObjectNode();
        request.put("pod_sandbox_id", podId);
        request.set("config", bed.restoring("again", image));
        request.set("sandbox_config", bed.crictl.pod(podName));
        return request;
    }

    /** Packs what is in a directory, with names changed by a sed expression. */
    private static Path pack(Path archive, Path directory, String transform) throws Exception {
        try (Stream<Path> entries = Files.list(directory)) {
            Stream<Object> words = Stream.concat(
                    Stream.of("tar", "-P", "-C", directory, "-cf", archive),
                    transform.isEmpty() ? Stream.of() : Stream.of("--transform", transform));
            Command.of(Stream.concat(words, entries.map(Path::getFileName)).toArray())
                    .run();
        }
        return archive;
    }

    @Test
    void aCheckpointWhoseImageIsGone() throws Exception {
        String pod = bed.pod("gone");
        String container = bed.count(pod, "gone", bed.counter("main", ""));
        Path archive = bed.directory("gone").resolve("main.tar");
        bed.checkpoint(container, archive);
        bed.crictl.removePod(pod);
        bed.crictl.run("rmi", Crictl.BUSYBOX);
        String second = bed.pod("gone-again");
        try {
            createRefused(
                    "NotFound",
                    "create container again: the image that the checkpoint was made of is not on this"
                            + " node: registry.k8s.io/e2e-test-images/busybox@sha256:ID; pull it first",
                    second,
                    "gone-again",
                    archive);
        } finally {
            bed.crictl.run("pull", Crictl.BUSYBOX);
        }
        String restored = bed.create(second, "gone-again", bed.restoring("main", archive));
        bed.crictl.run("start", restored);
        bed.assertCounts(restored);
    }

    @Test
    void aContainerWithATerminal() throws Exception {
        String pod = bed.pod("terminal");
        Path directory = bed.directory("terminal");
        ObjectNode config = bed.counter("main", "").put("tty", true);
        String container = bed.crictl.runContainer(pod, bed.crictl.pod("terminal"), config);

        checkpointRefused(
                "FailedPrecondition",
                "checkpoint container ID: container ID has a terminal, which cannot be restored; run it without tty",
                container,
                directory.resolve("main.tar"));
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void aContainerInAUserNamespace() throws Exception {
        Path directory = bed.directory("mapped");
        ObjectNode pod = mapped(bed.crictl.pod("mapped"));
        String podId = bed.crictl.runPod(pod);
        String container = bed.crictl.runContainer(podId, pod, mapped(bed.counter("main", "")));

        checkpointRefused(
                "FailedPrecondition",
                "checkpoint container ID: container ID is in a user namespace, which OCI runtimes cannot checkpoint; run"
                        + " the pod with hostUsers: true",
                container,
                directory.resolve("main.tar"));
        assertThat(directory).isEmptyDirectory();
    }

    private static ObjectNode mapped(ObjectNode config) {
        ObjectNode options = config.withObject("/linux/security_context/namespace_options/userns_options");
        options.put("mode", 0);
        for (String ids : List.of("uids", "gids")) {
            options.putArray(ids)
                    .addObject()
                    .put("host_id", 524288)
                    .put("container_id", 0)
                    .put("length", 65536);
        }
        return config;
    }
}
