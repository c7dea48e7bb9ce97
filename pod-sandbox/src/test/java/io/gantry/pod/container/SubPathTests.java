package io.gantry.pod.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.linux.JnaSyscalls;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SubPathTests {
    @TempDir
    Path temp;

    private final SubPath subPath = new SubPath(JnaSyscalls.instance());
    private Path tree;

    @BeforeEach
    void setUp() throws Exception {
        tree = Files.createDirectories(temp.toRealPath().resolve("tree"));
        Files.createDirectories(tree.resolve("a/b"));
        Files.createDirectories(tree.resolve("etc"));
        Files.createDirectories(temp.resolve("outside"));
        Files.writeString(tree.resolve("file"), "x");
    }

    @Test
    void linksAreFollowedInsideTheTreeOnly() throws Exception {
        Files.createSymbolicLink(tree.resolve("relative"), Path.of("a/b"));
        Files.createSymbolicLink(tree.resolve("absolute"), Path.of("/etc"));
        Files.createSymbolicLink(tree.resolve("up"), Path.of("../../../a"));
        Files.createSymbolicLink(tree.resolve("out"), Path.of("../outside"));
        assertThat(subPath.resolve(tree, "a/b")).isEqualTo(tree.resolve("a/b"));
        assertThat(subPath.resolve(tree, "a/./b/../../etc/")).isEqualTo(tree.resolve("etc"));
        assertThat(subPath.resolve(tree, "relative")).isEqualTo(tree.resolve("a/b"));
        assertThat(subPath.resolve(tree, "absolute")).isEqualTo(tree.resolve("etc"));
        assertThat(subPath.resolve(tree, "up/b")).isEqualTo(tree.resolve("a/b"));
        assertThat(subPath.resolve(tree, "../..")).isEqualTo(tree);
        assertThatThrownBy(() -> subPath.resolve(tree, "out")).hasMessageContaining("it has no \"out\"");
    }

    @Test
    void whatIsNoDirectoryIsRefused() throws Exception {
        Files.createSymbolicLink(tree.resolve("loop"), Path.of("loop"));
        Files.createSymbolicLink(tree.resolve("magic"), Path.of("/proc/self/root"));
        assertThatThrownBy(() -> subPath.resolve(tree, "file")).hasMessageContaining("\"file\" is not a directory");
        assertThatThrownBy(() -> subPath.resolve(tree, "file/x")).hasMessageContaining("\"file/x\" is not a directory");
        assertThatThrownBy(() -> subPath.resolve(tree, "none")).hasMessageContaining("it has no \"none\"");
        assertThatThrownBy(() -> subPath.resolve(tree, "loop")).hasMessageContaining("\"loop\" cannot be used");
        assertThatThrownBy(() -> subPath.resolve(tree, "magic")).hasMessageContaining("it has no \"magic\"");
    }
}
