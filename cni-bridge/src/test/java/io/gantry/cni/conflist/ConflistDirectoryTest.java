package io.gantry.cni.conflist;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.platform.linux.DirectoryWatch;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.EnumSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConflistDirectoryTest {
    @TempDir
    Path dir;

    private final BlockingQueue<ConflistSnapshot> snapshots = new LinkedBlockingQueue<>();
    private ConflistDirectory directory = new ConflistDirectory(Path.of("unused"), (path, onChange) -> () -> {});

    @AfterEach
    void close() {
        directory.close();
    }

    @Test
    void followsFilesThatComeChangeAndGo() throws Exception {
        open(dir);
        assertThat(directory.current().network()).isEmpty();

        write(dir, "20-b.conflist", "b");
        assertThat(nextName()).isEqualTo("b");
        write(dir, "10-a.conflist", "a");
        assertThat(nextName()).isEqualTo("a");
        write(dir, "10-a.conflist", "a2");
        assertThat(nextName()).isEqualTo("a2");
        Files.delete(dir.resolve("10-a.conflist"));
        assertThat(nextName()).isEqualTo("b");
        Files.delete(dir.resolve("20-b.conflist"));
        assertThat(nextName()).isEqualTo("none");
        assertThat(directory.current().problem()).contains("no network configuration");
    }

    @Test
    void waitsForADirectoryThatDoesNotExistYet() throws Exception {
        Path later = dir.resolve("etc/cni/net.d");
        open(later);
        assertThat(directory.current().problem()).contains("does not exist");

        Files.createDirectories(later);
        write(later, "10-a.conflist", "a");

        assertThat(nextName()).isEqualTo("a");
    }

    @Test
    void noticesThatTheDirectoryWasReplaced() throws Exception {
        Path conf = Files.createDirectory(dir.resolve("net.d"));
        write(conf, "10-a.conflist", "a");
        open(conf);
        assertThat(directory.current().network()).map(CniConflist::name).contains("a");

        Path other = Files.createDirectory(dir.resolve("other"));
        write(other, "10-b.conflist", "b");
        Files.move(conf, dir.resolve("old"));
        Files.move(other, conf);
        assertThat(nextName()).isEqualTo("b");

        write(conf, "05-c.conflist", "c");
        assertThat(nextName()).isEqualTo("c");
    }

    @Test
    void reloadsOnDemand() throws Exception {
        directory = new ConflistDirectory(dir, (path, onChange) -> () -> {});
        write(dir, "10-a.conflist", "a");

        assertThat(directory.current().network()).isEmpty();
        assertThat(directory.reload().network()).map(CniConflist::name).contains("a");
        assertThat(directory.current().network()).map(CniConflist::name).contains("a");
    }

    @Test
    void isNotFooledByAnInterruptedReader() throws Exception {
        write(dir, "10-a.conflist", "a");
        directory = new ConflistDirectory(dir, (path, onChange) -> () -> {});
        Thread.currentThread().interrupt();

        assertThat(directory.reload().network()).map(CniConflist::name).contains("a");
        assertThat(Thread.interrupted()).isTrue();
        assertThat(directory.current().network()).map(CniConflist::name).contains("a");
    }

    @Test
    void looksNowAndThenWhenItCannotWatch() throws Exception {
        directory = new ConflistDirectory(dir, (path, onChange) -> {
            throw new IllegalStateException("no watches left");
        });
        directory.start(snapshots::add);
        write(dir, "10-a.conflist", "a");

        assertThat(nextName()).isEqualTo("a");
    }

    private void open(Path path) {
        directory = new ConflistDirectory(path, (watched, onChange) -> {
            DirectoryWatch watch = DirectoryWatch.watch(
                    watched, EnumSet.allOf(DirectoryWatch.Event.class), onChange, () -> onChange.accept(""));
            return watch::close;
        });
        directory.start(snapshots::add);
    }

    /** The name of the next network that is not the one in between two steps of a change. */
    private String nextName() throws InterruptedException {
        ConflistSnapshot next = snapshots.poll(30, TimeUnit.SECONDS);
        while (next != null && next.directoryProblem() != null) {
            next = snapshots.poll(30, TimeUnit.SECONDS);
        }
        if (next == null) {
            throw new AssertionError("no change was told; the directory is " + directory.current());
        }
        return next.network().map(CniConflist::name).orElse("none");
    }

    private static void write(Path conf, String file, String name) throws IOException {
        Path temporary = Files.writeString(conf.resolve(file + ".tmp"), ConflistLoaderTest.list(name, "bridge"));
        Files.move(temporary, conf.resolve(file), StandardCopyOption.ATOMIC_MOVE);
    }
}
