package io.gantry.image.tree;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.testing.TestDirectories;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class TreeTests {
    private static final Syscalls SYSCALLS = JnaSyscalls.instance();

    private final TestDirectories directories = TestDirectories.create();
    private final TreeRemover remover = new TreeRemover(SYSCALLS);

    @AfterEach
    void tearDown() {
        remover.remove(directories.root());
    }

    @Test
    void removesDeepTreesAndLinksButNotWhatTheyPointTo() throws Exception {
        Path kept = directories.file("kept/file", "x");
        Path tree = directories.dir("tree");
        Files.createSymbolicLink(tree.resolve("link"), kept.getParent());
        Path deep = tree;
        for (int i = 0; i < 400; i++) {
            deep = Files.createDirectory(deep.resolve("d"));
            Files.writeString(deep.resolve("f"), "x");
        }
        SYSCALLS.mkdirat(LinuxConstants.AT_FDCWD, tree + "/not-utf8-\udcff", 0755);

        remover.remove(tree);
        remover.remove(tree);
        remover.remove(directories.root().resolve("never/was"));

        assertThat(tree).doesNotExist();
        assertThat(kept).hasContent("x");
    }

    @Test
    void removesASingleFileAndALinkToADirectory() throws Exception {
        Path kept = directories.dir("kept");
        Path link = Files.createSymbolicLink(directories.root().resolve("link"), kept);
        Path file = directories.file("file", "x");

        remover.remove(link);
        remover.remove(file);

        assertThat(kept).isDirectory();
        assertThat(Files.exists(link, java.nio.file.LinkOption.NOFOLLOW_LINKS)).isFalse();
        assertThat(file).doesNotExist();
    }

    @Test
    void measuresBlocksAndCountsLinkedFilesOnce() throws Exception {
        Path tree = directories.dir("tree");
        TreeUsage empty = TreeUsage.measure(SYSCALLS, tree);
        Path file = Files.write(tree.resolve("a"), new byte[100_000]);
        Files.createLink(tree.resolve("b"), file);
        Files.createDirectory(tree.resolve("sub"));
        Files.write(tree.resolve("sub/c"), new byte[10]);

        TreeUsage usage = TreeUsage.measure(SYSCALLS, tree);

        assertThat(empty.inodes()).isEqualTo(1);
        assertThat(usage.inodes()).isEqualTo(4);
        assertThat(usage.bytes()).isGreaterThanOrEqualTo(100_000).isLessThan(200_000);
        assertThat(TreeUsage.measure(SYSCALLS, tree.resolve("missing"))).isEqualTo(TreeUsage.NONE);
    }

    @Test
    void removesWhatIsWideBelowTheDepthOfOnePass() throws Exception {
        Path tree = directories.dir("tree");
        Path deep = tree;
        for (int i = 0; i < 65; i++) {
            deep = Files.createDirectory(deep.resolve("d"));
        }
        for (int i = 0; i < 500; i++) {
            Path wide = Files.createDirectories(deep.resolve("wide" + i + "/e"));
            Files.writeString(wide.resolve("f"), "x");
        }

        remover.remove(tree);

        assertThat(tree).doesNotExist();
    }

    @Test
    void emptiesADirectoryAndKeepsIt() throws Exception {
        Path tree = directories.dir("tree");
        for (int i = 0; i < 1000; i++) {
            SYSCALLS.mknodat(LinuxConstants.AT_FDCWD, tree + "/file" + i, LinuxConstants.S_IFREG | 0600, 0, 0);
        }
        Files.createDirectories(tree.resolve("a/b"));
        int flags = LinuxConstants.O_RDONLY | LinuxConstants.O_DIRECTORY | LinuxConstants.O_CLOEXEC;
        try (Fd fd = new Fd(SYSCALLS, SYSCALLS.openat(LinuxConstants.AT_FDCWD, tree.toString(), flags, 0))) {
            remover.removeContents(fd.number());
            assertThat(tree).isEmptyDirectory();
            remover.removeContents(fd.number());
        }

        assertThat(tree).isEmptyDirectory();
    }

    /** More than are remembered: the rest counts by shares. */
    @Test
    void countsLinkedFilesOnceHoweverManyThereAre() {
        Path tree = directories.dir("tree");
        int files = 40_000;
        for (int i = 0; i < files; i++) {
            SYSCALLS.mknodat(LinuxConstants.AT_FDCWD, tree + "/" + i, LinuxConstants.S_IFREG | 0600, 0, 0);
            SYSCALLS.linkat(LinuxConstants.AT_FDCWD, tree + "/" + i, LinuxConstants.AT_FDCWD, tree + "/l" + i, 0);
            if (i % 3 == 0) {
                SYSCALLS.linkat(LinuxConstants.AT_FDCWD, tree + "/" + i, LinuxConstants.AT_FDCWD, tree + "/m" + i, 0);
            }
        }

        assertThat(TreeUsage.measure(SYSCALLS, tree).inodes()).isEqualTo(files + 1);
    }
}
