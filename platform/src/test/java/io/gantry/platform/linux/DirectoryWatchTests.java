package io.gantry.platform.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.DirectoryWatch.Event;
import io.gantry.platform.storage.AtomicFiles;
import io.gantry.platform.storage.Durability;
import io.gantry.platform.testing.TestDirectories;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class DirectoryWatchTests {
    private final TestDirectories directories = TestDirectories.create();
    private final BlockingQueue<String> names = new LinkedBlockingQueue<>();
    private final CountDownLatch overflow = new CountDownLatch(1);

    @AfterEach
    void removeDirectories() {
        directories.close();
    }

    private DirectoryWatch watch(Set<Event> events) {
        return DirectoryWatch.watch(directories.dir("watched"), events, names::add, overflow::countDown);
    }

    @Test
    void tellsOfFilesWrittenAtomicallyAndPlainly() throws Exception {
        try (DirectoryWatch ignored = watch(EnumSet.of(Event.MOVED_IN, Event.WRITTEN))) {
            AtomicFiles.write(directories.root().resolve("watched/exit-code"), new byte[] {'0'}, Durability.CRASH);
            assertThat(names.take()).endsWith(AtomicFiles.TEMPORARY_SUFFIX);
            assertThat(names.take()).isEqualTo("exit-code");
            directories.file("watched/grüße", "text");
            assertThat(names.take()).isEqualTo("grüße");
        }
    }

    @Test
    void keepsTheOrderAndSurvivesFailingCallbacks() throws Exception {
        try (DirectoryWatch ignored = DirectoryWatch.watch(
                directories.dir("watched"),
                EnumSet.of(Event.CREATED),
                name -> {
                    names.add(name);
                    throw new IllegalStateException("callback fails");
                },
                overflow::countDown)) {
            for (int i = 0; i < 500; i++) {
                directories.file("watched/" + i, "");
            }
            for (int i = 0; i < 500; i++) {
                assertThat(names.take()).isEqualTo(Integer.toString(i));
            }
        }
    }

    @Test
    void tellsOfDeletion() throws Exception {
        Path file = directories.file("watched/file", "");
        try (DirectoryWatch ignored = watch(EnumSet.of(Event.DELETED))) {
            Files.delete(file);
            assertThat(names.take()).isEqualTo("file");
        }
    }

    @Test
    void saysWhenTheDirectoryIsGone() throws Exception {
        try (DirectoryWatch ignored = watch(EnumSet.of(Event.CREATED))) {
            Files.delete(directories.root().resolve("watched"));
            overflow.await();
        }
    }

    @Test
    void saysNothingOnceClosed() throws Exception {
        DirectoryWatch watch = watch(EnumSet.of(Event.CREATED));
        watch.close();
        watch.close();
        directories.file("watched/late", "");
        try (DirectoryWatch ignored = watch(EnumSet.of(Event.CREATED))) {
            directories.file("watched/later", "");
            assertThat(names.take()).isEqualTo("later");
        }
        assertThat(names).isEmpty();
    }

    @Test
    void refusesAMissingDirectory() {
        Path missing = directories.root().resolve("missing");
        assertThatThrownBy(() -> DirectoryWatch.watch(missing, EnumSet.of(Event.CREATED), names::add, () -> {}))
                .isInstanceOf(GantryException.class)
                .hasMessageStartingWith("watch directory " + missing);
    }
}
