package io.gantry.image.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.extract.LayerContents;
import io.gantry.image.reference.Digest;
import io.gantry.image.tree.TreeRemover;
import io.gantry.image.tree.TreeUsage;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.SabotagedSyscalls;
import io.gantry.platform.testing.TestDirectories;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class LayerStoreTests {
    private static final Syscalls SYSCALLS = JnaSyscalls.instance();
    private static final Digest A = Digest.ofSha256("a".getBytes(StandardCharsets.UTF_8));
    private static final Digest B = Digest.ofSha256("b".getBytes(StandardCharsets.UTF_8));
    private static final Duration HOUR = Duration.ofHours(1);

    private final TestDirectories directories = TestDirectories.create();
    private final Path root = directories.root().resolve("layers");

    @BeforeEach
    void setUp() {
        Privileges.assumeRoot();
    }

    @AfterEach
    void tearDown() {
        new TreeRemover(SYSCALLS).remove(directories.root());
    }

    private LayerStore open(String bootId, Set<Digest> recorded) {
        return LayerStore.open(root, SYSCALLS, bootId, recorded);
    }

    private static Layer add(LayerStore store, Digest diffId) {
        try (LayerStaging staging = store.stage(diffId)) {
            SYSCALLS.mkdirat(staging.root(), "dir", 0700);
            return staging.commit(new LayerContents(8192, 2, List.of("implied"), false));
        }
    }

    private List<String> names() {
        try (var children = Files.list(root)) {
            return children.map(path -> path.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aCommittedLayerIsThereAfterARestart() {
        LayerStore store = open("boot", Set.of());
        Layer layer = add(store, A);
        assertThat(layer.files().resolve("dir")).isDirectory();
        assertThat(store.usage()).isEqualTo(new TreeUsage(8192, 2));

        LayerStore again = open("boot", Set.of());
        assertThat(again.find(A)).contains(layer);
        assertThat(again.find(B)).isEmpty();
        assertThat(names()).containsExactly(A.hex().substring(0, 12));
    }

    @Test
    void aLayerThatWasNotCommittedLeavesNothing() {
        LayerStore store = open("boot", Set.of());
        try (LayerStaging staging = store.stage(A)) {
            SYSCALLS.mkdirat(staging.root(), "dir", 0700);
        }
        assertThat(names()).isEmpty();
    }

    @Test
    void aDirectoryThatCannotBeMadeLeavesNoDescriptor() throws IOException {
        for (String call : List.of("fchown", "fchmod")) {
            LayerStore store = LayerStore.open(
                    root, new SabotagedSyscalls().fail(call, Errno.EPERM).syscalls(), "boot", Set.of());
            assertThatThrownBy(() -> store.stage(A)).hasMessageStartingWith("make a directory for layer " + A);
            store.close();
        }
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            assertThat(descriptors.map(LayerStoreTests::target))
                    .noneMatch(target -> target.startsWith(root.toString()));
        }
        assertThat(names()).isEmpty();
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException _) {
            return "";
        }
    }

    @Test
    void theSameLayerTwiceIsOne() {
        LayerStore store = open("boot", Set.of());
        assertThat(add(store, A)).isEqualTo(add(store, A));
        assertThat(names()).hasSize(1);
    }

    @Test
    void layersWhoseNamesBeginAlikeGetLongerNames() {
        LayerStore store = open("boot", Set.of());
        String hex = "0123456789ab";
        Digest first = Digest.parse("sha256:" + hex + "0".repeat(52));
        Digest second = Digest.parse("sha256:" + hex + "1".repeat(52));
        assertThat(add(store, first).files()).isNotEqualTo(add(store, second).files());
        assertThat(open("boot", Set.of()).find(second)).isPresent();
    }

    @Test
    void whatWasNotOnDiskIsDroppedAfterAReboot() {
        LayerStore store = open("boot", Set.of());
        add(store, A);
        add(store, B);
        store.sync(Set.of(B));

        LayerStore sameBoot = open("boot", Set.of());
        assertThat(sameBoot.find(A)).isPresent();
        LayerStore rebooted = open("later", Set.of());
        assertThat(rebooted.find(A)).isEmpty();
        assertThat(rebooted.find(B)).isPresent();
        rebooted.deleteLeftovers(Set.of());
        assertThat(names()).hasSize(1);
    }

    @Test
    void anImageRecordOverrulesTheMark() {
        add(open("boot", Set.of()), A);

        assertThat(open("later", Set.of(A)).find(A)).isPresent();
    }

    @Test
    void leftoversOfAKilledProcessAreSwept() throws Exception {
        Files.createDirectories(root.resolve(".new-1/fs/half"));
        Files.createDirectories(root.resolve(".gone-2/fs/half"));
        Files.createDirectories(root.resolve("0123456789ab/fs"));
        Files.writeString(root.resolve("0123456789ab/layer.json"), "{\"schema\":");
        Path inUse = Files.createDirectories(root.resolve("fedcba987654/fs"));

        LayerStore store = open("boot", Set.of());
        store.deleteLeftovers(Set.of(inUse));

        assertThat(names()).containsExactly("fedcba987654");
    }

    @Test
    void sweepTakesOnlyWhatNobodyNeeds() {
        LayerStore store = open("boot", Set.of());
        add(store, A);
        add(store, B);

        assertThat(store.sweep(Set::of, Set.of(), HOUR)).isZero();
        assertThat(store.sweep(() -> Set.of(A), Set.of(A), HOUR)).isZero();
        try (LayerStore.Pin pin = store.pin(List.of(A, A))) {
            assertThat(store.sweep(Set::of, Set.of(A), HOUR)).isZero();
            pin.close();
        }
        assertThat(store.sweep(Set::of, Set.of(A), HOUR)).isEqualTo(1);
        assertThat(store.find(A)).isEmpty();
        assertThat(store.sweep(Set::of, Set.of(), Duration.ZERO)).isEqualTo(1);
        assertThat(names()).isEmpty();
    }
}
