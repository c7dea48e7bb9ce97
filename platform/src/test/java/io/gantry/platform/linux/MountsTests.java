package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.SabotagedSyscalls;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MountsTests {
    private final Mounts mounts = new Mounts(JnaSyscalls.instance());
    private final TestDirectories directories = TestDirectories.create();

    @BeforeEach
    void needsRoot() {
        Privileges.assumeRoot();
    }

    @AfterEach
    void removeDirectories() {
        directories.close();
    }

    @Test
    void bindsAndUnmounts() throws IOException {
        directories.file("source/file", "text");
        Path target = directories.dir("a target\twith blanks");
        mounts.bind(directories.root().resolve("source"), target, false, false);

        assertThat(target.resolve("file")).hasContent("text");
        assertThat(mounts.isMountPoint(target)).isTrue();
        Files.writeString(target.resolve("file"), "changed");

        assertThat(mounts.unmount(target)).isTrue();
        assertThat(mounts.unmount(target)).isFalse();
        assertThat(mounts.isMountPoint(target)).isFalse();
        assertThat(directories.root().resolve("source/file")).hasContent("changed");
    }

    @Test
    void aReadOnlyBindRefusesWritesAlsoBelowWhenRecursive() throws IOException {
        Path source = directories.dir("source/inner");
        mounts.tmpfs(source, "size=1m");
        Path target = directories.dir("target");
        mounts.bind(directories.dir("source"), target, true, true);

        assertThatThrownBy(() -> Files.writeString(target.resolve("file"), "x")).hasMessageContaining("Read-only");
        assertThatThrownBy(() -> Files.writeString(target.resolve("inner/file"), "x"))
                .hasMessageContaining("Read-only");
        Files.writeString(source.resolve("file"), "still writable at the source");
        assertThat(mounts.under(target)).hasSize(2).allMatch(MountEntry::isReadOnly);
    }

    @Test
    void failuresNameTheSubjectAndLeaveNothing() {
        Path target = directories.dir("target");
        Path missing = directories.root().resolve("missing");

        assertThatThrownBy(() -> mounts.bind(missing, target, true, true))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
                .hasMessageStartingWith("bind " + missing + " to " + target);
        assertThatThrownBy(() -> mounts.mount("none", target, "no-such-fs", 0, null))
                .isInstanceOf(GantryException.class)
                .hasMessageContaining("no-such-fs");
        assertThat(mounts.unmount(missing)).isFalse();
        assertThat(mounts.unmount(target)).isFalse();
        assertThat(mounts.under(directories.root())).isEmpty();
    }

    @Test
    void unmountsStacksAndTrees() {
        Path target = directories.dir("target");
        mounts.tmpfs(target, "size=1m");
        mounts.tmpfs(target, "size=1m");
        Path inner = directories.dir("target/inner");
        mounts.tmpfs(inner, "");

        assertThat(mounts.under(target)).extracting(MountEntry::target).containsExactly(target, target, inner);
        assertThat(mounts.unmountAll(target)).isEqualTo(3);
        assertThat(mounts.under(target)).isEmpty();
    }

    @Test
    void aReadOnlyBindThatCannotBeMadeReadOnlyIsTakenAway() {
        Mounts old = new Mounts(
                new SabotagedSyscalls().fail("mountSetattr", Errno.ENOSYS).syscalls());
        Path target = directories.dir("target");
        assertThatThrownBy(() -> old.bind(directories.dir("source"), target, true, true))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.UNIMPLEMENTED));
        assertThat(mounts.under(target)).isEmpty();
        // What is not recursive works on old kernels too.
        old.bind(directories.dir("source"), target, true, false);
        assertThat(mounts.under(target)).singleElement().matches(MountEntry::isReadOnly);
    }

    @Test
    void setsPropagation() {
        Path target = directories.dir("target");
        mounts.tmpfs(target, "");
        mounts.makePrivate(target, false);
        assertThat(mounts.under(target).getFirst().propagation()).isEmpty();
        mounts.makeShared(target, true);
        assertThat(mounts.under(target).getFirst().isShared()).isTrue();
        mounts.makeSlave(target, true);
        assertThat(mounts.under(target).getFirst().isShared()).isFalse();
    }

    @Test
    void overlayShowsTheTopmostLayerAndKeepsChangesInUpper() throws IOException {
        Privileges.assumeOverlay();
        directories.file("low/file", "low");
        directories.file("low/only-low", "low");
        directories.file("high/file", "high");
        Path target = directories.dir("target");
        mounts.overlay(
                List.of(directories.dir("high"), directories.dir("low")),
                directories.dir("upper"),
                directories.dir("work"),
                target,
                List.of());

        assertThat(target.resolve("file")).hasContent("high");
        assertThat(target.resolve("only-low")).hasContent("low");
        Files.writeString(target.resolve("only-low"), "changed");
        assertThat(directories.root().resolve("upper/only-low")).hasContent("changed");
        assertThat(directories.root().resolve("low/only-low")).hasContent("low");
    }

    @Test
    void overlayWithoutUpperIsReadOnly() {
        Privileges.assumeOverlay();
        directories.file("a/file", "a");
        Path target = directories.dir("target");
        mounts.overlay(List.of(directories.dir("a"), directories.dir("b")), null, null, target, List.of());

        assertThatThrownBy(() -> Files.writeString(target.resolve("x"), "x")).hasMessageContaining("Read-only");
    }

    @Test
    void overlayOf128LayersWithLongAwkwardNames() throws Exception {
        Privileges.assumeOverlay();
        List<Path> layers = longLayers(128);
        Path target = directories.dir("target");
        Path deep = directories.dir("x".repeat(200) + "/" + "y:z,\\w".repeat(20));
        // From a virtual thread, as callers are.
        CompletableFuture.runAsync(
                        () -> mounts.overlay(
                                layers,
                                makeDir(deep.resolve("upper")),
                                makeDir(deep.resolve("work")),
                                target,
                                List.of()),
                        task -> Thread.ofVirtual().start(task))
                .get(30, TimeUnit.SECONDS);

        assertOverlay(target, layers);
        Files.writeString(target.resolve("new"), "new");
        assertThat(deep.resolve("upper/new")).hasContent("new");
    }

    @Test
    void overlayOf128LayersOnKernelsWithoutLayerByLayer() throws Exception {
        Privileges.assumeOverlay();
        List<Path> layers = longLayers(128);
        Path target = directories.dir("target");
        Path deep = directories.dir("x".repeat(200));
        SabotagedSyscalls old = kernelWithoutLowerdirPlus();
        new OverlayMounter(old.syscalls())
                .mount(
                        new OverlayMounter.Layers(
                                layers, makeDir(deep.resolve("upper")), makeDir(deep.resolve("work")), List.of()),
                        target);

        assertThat(old.failures()).isOne();
        assertOverlay(target, layers);
        Files.writeString(target.resolve("new"), "new");
        assertThat(deep.resolve("upper/new")).hasContent("new");
        assertThat(Path.of("/proc/self/cwd").toRealPath()).isEqualTo(Path.of("").toRealPath());
    }

    @Test
    void overlayOfFewLayersOnKernelsWithoutLayerByLayer() throws IOException {
        Privileges.assumeOverlay();
        List<Path> layers = List.of(directories.dir("a:b,c\\d"), directories.dir("low"));
        directories.file("a:b,c\\d/high", "high");
        directories.file("low/low", "low");
        Path target = directories.dir("target");
        new OverlayMounter(kernelWithoutLowerdirPlus().syscalls())
                .mount(
                        new OverlayMounter.Layers(
                                layers, directories.dir("up,per"), directories.dir("wo,rk"), List.of("index=off")),
                        target);

        assertThat(target.resolve("high")).hasContent("high");
        assertThat(target.resolve("low")).hasContent("low");
    }

    @Test
    void aMissingLayerIsNamed() {
        Privileges.assumeOverlay();
        Path target = directories.dir("target");
        Path missing = directories.root().resolve("missing");
        assertThatThrownBy(() -> mounts.overlay(List.of(directories.dir("a"), missing), null, null, target, List.of()))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
                .hasMessageContaining(missing.toString());
        assertThat(mounts.under(target)).isEmpty();
        assertThatThrownBy(() -> mounts.overlay(List.of(), null, null, target, List.of()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    /** As before Linux 6.8. */
    private static SabotagedSyscalls kernelWithoutLowerdirPlus() {
        return new SabotagedSyscalls().fail("fsconfig", arguments -> "lowerdir+".equals(arguments[2]), Errno.EINVAL);
    }

    private void assertOverlay(Path target, List<Path> layers) {
        assertThat(target.resolve("file-0")).hasContent("0");
        assertThat(target.resolve("file-127")).hasContent("127");
        assertThat(target.resolve("same")).hasContent("0");
        assertThat(layers).hasSize(128);
        assertThat(mounts.under(target))
                .hasSize(1)
                .allMatch(mount -> mount.type().equals("overlay"));
    }

    /** Paths of about 300 bytes: more than fsconfig(2) takes, and together far more than a page. */
    private List<Path> longLayers(int count) {
        List<Path> layers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            String name = "l".repeat(150) + "/" + "m,:\\".repeat(25) + "/" + i;
            directories.file(name + "/file-" + i, Integer.toString(i));
            directories.file(name + "/same", Integer.toString(i));
            layers.add(directories.root().resolve(name));
        }
        return layers;
    }

    private static Path makeDir(Path path) {
        try {
            return Files.createDirectories(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
