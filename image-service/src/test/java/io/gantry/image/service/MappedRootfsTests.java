package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.snapshot.IdMap;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.FileStatus;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.MountEntry;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.Privileges;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Root file systems and image mounts with the ids of a user namespace. */
@Timeout(120)
class MappedRootfsTests {
    private static final int FIRST = 300_000;

    private ServiceFixture fixture;
    private RunningProcess holder;
    private IdMap idMap;
    private Image image;

    @BeforeEach
    void setUp() throws Exception {
        Privileges.assumeRoot();
        Privileges.assumeOverlay();
        Privileges.assumeProgram("unshare");
        Assumptions.assumeTrue(
                HostFacts.detect().kernelAtLeast(5, 19), "needs Linux 5.19 for overlay layers with mapped ids");
        fixture = new ServiceFixture();
        holder = SpawnProcessRunner.shared().start(Command.of("unshare", "--user", "sleep", "1000"));
        Path proc = Path.of("/proc", Integer.toString(holder.pid()));
        awaitNamespace(proc);
        Files.writeString(proc.resolve("uid_map"), "0 " + FIRST + " 65536");
        Files.writeString(proc.resolve("gid_map"), "0 " + FIRST + " 65536");
        List<IdMap.Range> ranges = List.of(new IdMap.Range(0, FIRST, 65_536));
        idMap = new IdMap(proc.resolve("ns/user"), ranges, ranges);
        fixture.registry.put(
                "r.io/app:1",
                TestImage.oci()
                        .gzipLayer(new TarBuilder()
                                .mode(01777)
                                .directory("tmp")
                                .mode(0644)
                                .owner(5, 6)
                                .file("f", "x")
                                .build())
                        .gzipLayer(new TarBuilder().file("tmp/g", "x").build())
                        .build());
        image = fixture.service.pull(PullRequest.of("r.io/app:1")).image();
    }

    @AfterEach
    void tearDown() {
        if (holder != null) {
            holder.killGroup();
            holder.close();
        }
        if (fixture != null) {
            fixture.close();
        }
    }

    private static void awaitNamespace(Path proc) throws Exception {
        Path own = Files.readSymbolicLink(Path.of("/proc/self/ns/user"));
        Deadline deadline = Deadline.after(Duration.ofSeconds(60));
        while (Files.readSymbolicLink(proc.resolve("ns/user")).equals(own)) {
            assertThat(deadline.isExpired()).isFalse();
            Thread.sleep(2);
        }
    }

    @Test
    void filesBelongToTheIdsOfTheNamespaceAndChangesToo() throws Exception {
        Path root = fixture.mountPoint("one");
        fixture.service.prepareRootfs("one", image.id(), root, RootfsOptions.mapped(idMap));
        Path volume = fixture.service.mountImage("one", image.id(), fixture.mountPoint("volume"), idMap);

        for (Path tree : List.of(root, volume)) {
            assertThat(status(tree).uid()).isEqualTo(FIRST);
            assertThat(status(tree.resolve("f")).uid()).isEqualTo(FIRST + 5);
            assertThat(status(tree.resolve("f")).gid()).isEqualTo(FIRST + 6);
            assertThat(status(tree.resolve("tmp")).uid()).isEqualTo(FIRST);
            assertThat(status(tree.resolve("tmp")).permissions()).isEqualTo(01777);
        }
        Files.writeString(root.resolve("f"), "changed");
        assertThat(status(root.resolve("f")).uid()).isEqualTo(FIRST + 5);
        assertThat(volume.resolve("f")).hasContent("x");

        // Only the two overlays are left; the layers' own mounts hang on nothing any more.
        assertThat(fixture.mounts.under(fixture.directories.root()))
                .extracting(MountEntry::target)
                .containsExactlyInAnyOrder(root, volume);
        fixture.restart();
        fixture.service.removeRootfs("one", root);
        assertThat(fixture.mounts.under(fixture.directories.root())).isEmpty();
        assertThat(fixture.names("snapshots")).isEmpty();
        assertThat(fixture.names("layers")).hasSize(2);
    }

    @Test
    void layersThatAKilledDaemonLeftMountedAreNotDeletedWithTheSnapshot() throws Exception {
        Path root = fixture.mountPoint("one");
        fixture.service.prepareRootfs("one", image.id(), root, RootfsOptions.mapped(idMap));
        Path layer =
                fixture.root.resolve("layers").resolve(fixture.names("layers").getFirst());
        Path left = fixture.root.resolve("snapshots/one/mapped");
        fixture.mounts.bind(left, left, false, false);
        Path inside = Files.createDirectories(left.resolve("0"));
        fixture.mounts.idMapped(layer, inside, idMap.userNamespace());
        List<String> before = names(layer);

        fixture.restart();
        fixture.service.removeRootfs("one", root);

        assertThat(names(layer)).isEqualTo(before);
        assertThat(fixture.mounts.under(fixture.directories.root())).isEmpty();
        assertThat(fixture.names("snapshots")).isEmpty();
    }

    @Test
    void whatIsMountedInATreeThatIsDeletedStays() throws Exception {
        Path file = fixture.directories.file("kept/file", "x");
        Path tree = fixture.directories.dir("tree");
        fixture.mounts.bind(fixture.directories.dir("kept"), fixture.directories.dir("tree/inside"), false, false);

        assertThatThrownBy(() -> new io.gantry.image.tree.TreeRemover(JnaSyscalls.instance()).remove(tree))
                .hasMessageContaining("leaves the root");
        assertThat(file).hasContent("x");
    }

    @Test
    void whatTheKernelRefusesIsAClearErrorThatLeavesNothing() throws Exception {
        // The kernel maps to no namespace that is the first one.
        IdMap initial = new IdMap(Path.of("/proc/self/ns/user"), idMap.uids(), idMap.gids());
        assertThatThrownBy(() -> fixture.service.prepareRootfs(
                        "one", image.id(), fixture.mountPoint("one"), RootfsOptions.mapped(initial)))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION))
                .hasMessageContaining("with the ids of its user namespace")
                .hasMessageContaining("use Linux 5.19 or later");
        assertThat(fixture.mounts.under(fixture.directories.root())).isEmpty();
        assertThat(fixture.names("snapshots")).isEmpty();
    }

    @Test
    void aRootFileSystemWhoseNamespaceIsGoneIsNotMountedAgain() throws Exception {
        Path root = fixture.mountPoint("one");
        fixture.service.prepareRootfs("one", image.id(), root, RootfsOptions.mapped(idMap));
        fixture.mounts.unmount(root);
        holder.killGroup();
        assertThat(holder.waitFor(Deadline.after(Duration.ofSeconds(60)))).isNotNull();

        assertThatThrownBy(() -> fixture.service.remountRootfs("one", root))
                .hasMessageContaining("the user namespace it was made for is gone");
    }

    private static List<String> names(Path directory) throws Exception {
        try (var tree = Files.walk(directory)) {
            return tree.map(Path::toString).sorted().toList();
        }
    }

    private static FileStatus status(Path path) {
        return JnaSyscalls.instance()
                .fstatat(LinuxConstants.AT_FDCWD, path.toString(), LinuxConstants.AT_SYMLINK_NOFOLLOW);
    }
}
