package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.reference.Digest;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.image.tree.TreeRemover;
import io.gantry.image.verify.LayerVerdict;
import io.gantry.image.verify.LayerVerdict.State;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.testing.Privileges;
import io.gantry.platform.testing.SabotagedSyscalls;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(120)
class VerifyTests {
    private static final byte[] ONE = new TarBuilder()
            .directory("d")
            .file("d/f", "x".repeat(10_000))
            .symlink("l", "d/f")
            .build();
    private static final byte[] TWO = new TarBuilder().file("two", "two").build();

    private ServiceFixture fixture;

    @BeforeEach
    void setUp() throws InterruptedException {
        Privileges.assumeOverlay();
        fixture = new ServiceFixture();
        fixture.registry.put(
                "r.io/a:1", TestImage.oci().gzipLayer(ONE).gzipLayer(TWO).build());
        fixture.registry.put(
                "r.io/b:1", TestImage.oci().gzipLayer(ONE).label("b").build());
        fixture.service.pull(PullRequest.of("r.io/a:1"));
        fixture.service.pull(PullRequest.of("r.io/b:1"));
    }

    @AfterEach
    void tearDown() {
        if (fixture != null) {
            fixture.close();
        }
    }

    private List<State> verify(boolean repair) throws InterruptedException {
        List<LayerVerdict> heard = new ArrayList<>();
        List<LayerVerdict> verdicts = fixture.service.verify(repair, heard::add);
        assertThat(heard).isEqualTo(verdicts);
        return verdicts.stream().map(LayerVerdict::state).sorted().toList();
    }

    private Path file(String name) throws IOException {
        for (String layer : fixture.names("layers")) {
            Path file = fixture.root.resolve("layers/" + layer + "/fs/" + name);
            if (Files.exists(file, java.nio.file.LinkOption.NOFOLLOW_LINKS)) {
                return file;
            }
        }
        throw new IOException("no layer has " + name);
    }

    private interface Damage {
        void to(Path file) throws IOException;
    }

    /** Everything that a disk or a careless hand can do. */
    private static Map<String, Damage> damages() {
        Map<String, Damage> damages = new LinkedHashMap<>();
        damages.put("one bit, size and time kept", file -> {
            FileTime time = Files.getLastModifiedTime(file);
            try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                open.seek(5000);
                open.write('y');
            }
            Files.setLastModifiedTime(file, time);
        });
        damages.put("zeros after a power loss", file -> {
            FileTime time = Files.getLastModifiedTime(file);
            Files.write(file, new byte[10_000]);
            Files.setLastModifiedTime(file, time);
        });
        damages.put("cut off", file -> {
            try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                open.setLength(0);
            }
        });
        damages.put("gone", Files::delete);
        damages.put(
                "another mode",
                file -> Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxrwxrwx")));
        damages.put("one more file", file -> Files.writeString(file.resolveSibling("more"), ""));
        damages.put("the whole tree gone", file -> {
            Path directory = Objects.requireNonNull(file.getParent());
            Files.delete(file);
            Files.delete(directory);
            Files.delete(directory.resolveSibling("l"));
            Files.delete(Objects.requireNonNull(directory.getParent()));
        });
        return damages;
    }

    @Test
    void everyDamageIsFoundAndRepairedFromTheRegistry() throws Exception {
        assertThat(verify(false)).containsExactly(State.SEALED, State.SEALED);
        assertThat(verify(false)).containsExactly(State.GOOD, State.GOOD);
        for (Map.Entry<String, Damage> damage : damages().entrySet()) {
            damage.getValue().to(file("d/f"));

            assertThat(verify(false)).as(damage.getKey()).containsExactly(State.GOOD, State.DAMAGED);
            assertThat(verify(true)).as(damage.getKey()).containsExactly(State.GOOD, State.REPAIRED);
            assertThat(file("d/f")).hasContent("x".repeat(10_000));
            assertThat(verify(false)).as(damage.getKey()).containsExactly(State.GOOD, State.SEALED);
        }
        assertThat(fixture.service.list(null)).hasSize(2);
    }

    @Test
    void aLayerThatContainersUseIsLeftAlone() throws Exception {
        assertThat(verify(false)).containsExactly(State.SEALED, State.SEALED);
        Path target = fixture.mountPoint("m");
        fixture.service.prepareRootfs("m", "r.io/b:1", target, RootfsOptions.WRITABLE);
        Files.writeString(file("d/f"), "damaged");

        LayerVerdict verdict = fixture.service.verify(true, _ -> {}).stream()
                .filter(layer -> layer.state() == State.DAMAGED)
                .findFirst()
                .orElseThrow();

        assertThat(verdict.images()).containsExactly("r.io/a:1", "r.io/b:1");
        assertThat(verdict.detail()).endsWith("containers or a pull use it: remove them and repair again");
        assertThat(target.resolve("l")).exists();
        fixture.service.removeRootfs("m", target);
        assertThat(verify(true)).containsExactly(State.GOOD, State.REPAIRED);
    }

    @Test
    void whatCannotBeFetchedAgainIsNotListed() throws Exception {
        assertThat(verify(false)).containsExactly(State.SEALED, State.SEALED);
        Files.writeString(file("two"), "damaged");
        TestImage other = TestImage.oci().gzipLayer(ONE).label("moved").build();
        fixture.registry.put("r.io/a:1", other);

        assertThat(verify(true)).containsExactly(State.GOOD, State.LOST);
        assertThat(fixture.service.list(null))
                .extracting(Image::id)
                .doesNotContain(
                        TestImage.oci().gzipLayer(ONE).gzipLayer(TWO).build().id());
        assertThat(fixture.service.find("r.io/b:1")).isPresent();
        // Nothing was pulled by the tag that means something else now.
        assertThat(fixture.service.find("r.io/a:1")).isEmpty();
    }

    @Test
    void aRegistryThatIsNotThereCostsNoImage() throws Exception {
        assertThat(verify(false)).containsExactly(State.SEALED, State.SEALED);
        Path damaged = file("two");
        Files.writeString(damaged, "damaged");
        Digest blob = TestImage.oci()
                .gzipLayer(ONE)
                .gzipLayer(TWO)
                .build()
                .layers()
                .get(1)
                .digest();
        fixture.registry.gate(blob, _ -> {
            throw GantryException.of(ErrorKind.UNAVAILABLE, "fetch " + blob, "connection refused");
        });

        LayerVerdict verdict = fixture.service.verify(true, _ -> {}).stream()
                .filter(layer -> layer.state() == State.DAMAGED)
                .findFirst()
                .orElseThrow();

        assertThat(verdict.detail()).endsWith("; fetch " + blob + ": connection refused");
        assertThat(fixture.service.list(null)).hasSize(2);
        assertThat(damaged).hasContent("damaged");
        fixture.registry.heal(blob);
        assertThat(verify(true)).containsExactly(State.GOOD, State.REPAIRED);
        assertThat(damaged).hasContent("two");
        assertThat(fixture.names("layers")).hasSize(2).noneMatch(name -> name.startsWith("."));
    }

    @Test
    void aDirectoryThatIsGoneComesBack() throws Exception {
        assertThat(verify(false)).containsExactly(State.SEALED, State.SEALED);
        Path two = file("two");
        Path layer =
                Objects.requireNonNull(Objects.requireNonNull(two.getParent()).getParent());
        new TreeRemover(JnaSyscalls.instance()).remove(layer);

        assertThat(verify(true)).containsExactly(State.GOOD, State.REPAIRED);
        assertThat(two).hasContent("two");
    }

    @ParameterizedTest
    @CsvSource({"24, false", "12, false", "13, false", "5, true", "117, true", "2, true"})
    void onlySomeErrorsAreDamage(int errno, boolean damage) throws Exception {
        assertThat(verify(false)).containsExactly(State.SEALED, State.SEALED);
        SabotagedSyscalls sabotaged = new SabotagedSyscalls();
        fixture.service.close();
        fixture.service = ImageService.open(
                fixture.config,
                sabotaged.syscalls(),
                fixture.mounts,
                (reference, _) -> fixture.registry.source(reference));
        sabotaged.fail("readlinkat", errno);

        if (damage) {
            assertThat(verify(false)).containsExactly(State.GOOD, State.DAMAGED);
        } else {
            assertThatThrownBy(() -> verify(true))
                    .isInstanceOf(GantryException.class)
                    .hasMessageStartingWith("read layer sha256:");
        }
        assertThat(fixture.service.list(null)).hasSize(2);
        assertThat(file("two")).hasContent("two");
    }
}
