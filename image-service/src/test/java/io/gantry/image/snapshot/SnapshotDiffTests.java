package io.gantry.image.snapshot;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.extract.RootfsChanges;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Changes in a real overlay, written and applied to a fresh one. */
class SnapshotDiffTests {
    private final TestDirectories directories = TestDirectories.create();
    private final Mounts mounts = new Mounts(JnaSyscalls.instance());
    private Path root;

    @BeforeEach
    void mount() throws IOException {
        Privileges.assumeRoot();
        Privileges.assumeOverlay();
        Path lower = directories.dir("lower");
        for (String file : List.of("etc/a", "etc/b", "opt/x/1", "opt/x/2", "opt/y", "moved/deep/f", "proc/version")) {
            Files.createDirectories(lower.resolve(file).getParent());
            Files.writeString(lower.resolve(file), "lower " + file);
        }
        root = overlay("one");
    }

    @AfterEach
    void close() {
        directories.close();
    }

    @Test
    void aFreshRootBecomesTheSame() throws Exception {
        Files.writeString(root.resolve("etc/new"), "new");
        Files.writeString(root.resolve("etc/b"), "changed");
        Files.setPosixFilePermissions(root.resolve("etc/b"), PosixFilePermissions.fromString("rwx------"));
        Files.delete(root.resolve("etc/a"));
        Files.createSymbolicLink(root.resolve("etc/link"), Path.of("b"));
        Files.createLink(root.resolve("etc/hard"), root.resolve("etc/new"));
        // A directory that was deleted and made anew hides what it had.
        Files.delete(root.resolve("opt/x/1"));
        Files.delete(root.resolve("opt/x/2"));
        Files.delete(root.resolve("opt/x"));
        Files.createDirectory(root.resolve("opt/x"));
        Files.writeString(root.resolve("opt/x/3"), "3");
        move(root.resolve("moved"), root.resolve("elsewhere"));
        Files.writeString(root.resolve("proc/mounted"), "not ours");

        Path other = overlay("two");
        apply(other, Set.of("/proc"));

        Set<String> expected = tree(root);
        expected.remove("proc/mounted=not ours");
        assertThat(tree(other)).isEqualTo(expected);
        assertThat(Files.getPosixFilePermissions(other.resolve("etc/b")))
                .isEqualTo(PosixFilePermissions.fromString("rwx------"));
        assertThat(Files.isSameFile(other.resolve("etc/hard"), other.resolve("etc/new")))
                .isTrue();
    }

    @Test
    void attributesThatAUserSetAreKept() throws Exception {
        Path file = Files.writeString(root.resolve("etc/new"), "new");
        byte[] binary = {0, (byte) 0xFF, '=', '\n', 0};
        attribute(file, "user.comment", "one".getBytes(StandardCharsets.UTF_8));
        attribute(file, "user.binary", binary);
        attribute(file, "user.a=b%3D", binary);
        attribute(root.resolve("opt"), "user.on.directory", binary);
        // Of a layer's file that has nothing else changed.
        attribute(root.resolve("etc/b"), "user.added", binary);
        Files.createLink(root.resolve("etc/hard"), file);

        Path other = overlay("two");
        apply(other, Set.of());

        assertThat(value(other, "etc/new", "user.comment")).isEqualTo("one".getBytes(StandardCharsets.UTF_8));
        assertThat(value(other, "etc/hard", "user.binary")).isEqualTo(binary);
        assertThat(value(other, "etc/new", "user.a=b%3D")).isEqualTo(binary);
        assertThat(value(other, "opt", "user.on.directory")).isEqualTo(binary);
        assertThat(value(other, "etc/b", "user.added")).isEqualTo(binary);
        assertThat(Files.readString(other.resolve("etc/b"))).isEqualTo("lower etc/b");
        assertThat(JnaSyscalls.instance().llistxattr(other.resolve("etc/new").toString()))
                .containsExactly("user.a=b%3D", "user.binary", "user.comment");
    }

    private static void attribute(Path file, String name, byte[] value) {
        JnaSyscalls.instance().lsetxattr(file.toString(), name, value, 0);
    }

    private static byte @Nullable [] value(Path root, String file, String name) {
        return JnaSyscalls.instance().lgetxattr(root.resolve(file).toString(), name);
    }

    @Test
    void nothingChangedIsNothingWritten() throws Exception {
        Path other = overlay("two");

        assertThat(apply(other, Set.of())).isEmpty();
        assertThat(tree(other)).isEqualTo(tree(root));
    }

    /** The container replaces the image's link by a directory: what is behind the link is not the image's. */
    @Test
    void aLinkOfALayerIsNotFollowed() throws Exception {
        Path outside = directories.dir("outside/sub");
        Files.writeString(outside.resolve("secret"), "of the host");
        Files.createSymbolicLink(root.resolve("../../lower/away").normalize(), outside.getParent());
        Path fresh = overlay("three");
        Files.delete(fresh.resolve("away"));
        Files.createDirectories(fresh.resolve("away/sub"));

        List<String> deleted;
        try (OutputStream out = OutputStream.nullOutputStream()) {
            deleted = SnapshotDiff.write(
                    JnaSyscalls.instance(),
                    directories.dir("three/upper"),
                    fresh,
                    List.of(directories.dir("lower")),
                    path -> false,
                    out);
        }

        assertThat(deleted).doesNotContain("/away/sub/secret");
    }

    @Test
    void whatSeveralLayersHadIsListedOnce() throws Exception {
        Path upper = directories.dir("plain/upper/opt/x");
        attribute(upper, "trusted.overlay.opaque", new byte[] {'y'});
        directories.file("plain/upper/opt/x/kept", "new");
        directories.file("plain/merged/opt/x/kept", "new");
        for (String file : List.of("one/opt/x/1", "one/opt/x/kept", "two/opt/x/1", "two/opt/x/2", "two/opt/x/mount")) {
            directories.file("plain/" + file, "old");
        }

        List<String> deleted = SnapshotDiff.write(
                JnaSyscalls.instance(),
                directories.dir("plain/upper"),
                directories.dir("plain/merged"),
                List.of(directories.dir("plain/one"), directories.dir("plain/two")),
                "/opt/x/mount"::equals,
                OutputStream.nullOutputStream());

        assertThat(deleted).containsExactlyInAnyOrder("/opt/x/1", "/opt/x/2");
    }

    private Path overlay(String name) throws IOException {
        Path merged = directories.dir(name + "/merged");
        mounts.overlay(
                List.of(directories.dir("lower")),
                directories.dir(name + "/upper"),
                directories.dir(name + "/work"),
                merged,
                List.of("index=off"));
        return merged;
    }

    private List<String> apply(Path other, Set<String> skipped) throws Exception {
        Path diff = directories.root().resolve("diff.tar");
        List<String> deleted;
        try (OutputStream out = Files.newOutputStream(diff)) {
            deleted = SnapshotDiff.write(
                    JnaSyscalls.instance(),
                    directories.dir("one/upper"),
                    root,
                    List.of(directories.dir("lower")),
                    skipped::contains,
                    out);
        }
        RootfsChanges changes = new RootfsChanges(JnaSyscalls.instance(), ExtractionLimits.DEFAULT);
        changes.unpack(diff, other);
        changes.delete(deleted, other);
        return deleted;
    }

    /** As mv does it: where the file system cannot rename a directory of the layers, it is copied. */
    private static void move(Path from, Path to) throws Exception {
        Process mv = new ProcessBuilder("mv", from.toString(), to.toString()).start();
        assertThat(mv.waitFor()).isZero();
    }

    private static Set<String> tree(Path root) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> all = Files.walk(root)) {
            for (Path path : all.toList()) {
                String name = root.relativize(path).toString();
                if (Files.isSymbolicLink(path)) {
                    names.add(name + "->" + Files.readSymbolicLink(path));
                } else {
                    names.add(Files.isDirectory(path) ? name + "/" : name + "=" + Files.readString(path));
                }
            }
        }
        return names;
    }
}
