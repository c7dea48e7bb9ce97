package io.gantry.image.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.reference.Digest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.TestDirectories;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ImageCatalogTests {
    private static final String CONFIG =
            "{\"architecture\":\"amd64\",\"os\":\"linux\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";
    private static final String D1 = digest("1");
    private static final String D2 = digest("2");
    private static final String ID1 = "sha256:aaaa" + "1".repeat(60);
    private static final String ID2 = "sha256:aabb" + "2".repeat(60);

    private final TestDirectories directories = TestDirectories.create();
    private final Path root = directories.root().resolve("images");
    private ImageCatalog catalog = ImageCatalog.open(root);

    @AfterEach
    void tearDown() {
        directories.close();
    }

    private static String digest(String text) {
        return Digest.ofSha256(text.getBytes(StandardCharsets.UTF_8)).toString();
    }

    private static ImageRecord record(String id, List<String> tags, List<String> digests) {
        return new ImageRecord(id, tags, digests, D1, CONFIG, List.of(), 10, Map.of(), Instant.now());
    }

    private static String id(StoredImage image) {
        return image.record().id();
    }

    @Test
    void anImageIsFoundByEveryFormOfItsNames() {
        catalog.add(record(ID1, List.of("docker.io/library/busybox:1.36"), List.of("docker.io/library/busybox@" + D1)));

        for (String name : List.of(
                ID1,
                ID1.substring(7),
                ID1.substring(7, 19),
                "sha256:aaaa1",
                "aaaa",
                "busybox:1.36",
                "docker.io/busybox:1.36",
                "library/busybox:1.36",
                "index.docker.io/library/busybox:1.36",
                "docker.io/library/busybox:1.36",
                "busybox@" + D1,
                "busybox:any@" + D1)) {
            assertThat(catalog.find(name)).as(name).map(ImageCatalogTests::id).contains(ID1);
        }
        for (String name :
                List.of("busybox", "busybox:1.35", "quay.io/busybox:1.36", "busybox@" + D2, "bbbb", "", "UPPER:1")) {
            assertThat(catalog.find(name)).as(name).isEmpty();
        }
    }

    @Test
    void aNameComesBeforeTheBeginningOfAnId() {
        catalog.add(record(ID1, List.of(), List.of("docker.io/library/x@" + D1)));
        catalog.add(record(ID2, List.of("docker.io/library/aaaa:latest"), List.of("docker.io/library/aaaa@" + D2)));

        assertThat(catalog.find("aaaa")).map(ImageCatalogTests::id).contains(ID2);
        assertThatThrownBy(() -> catalog.find("aa"))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT))
                .hasMessage("find image aa: several image ids begin with this; give more digits");
    }

    @Test
    void pullsOfTheSameImageAddNames() {
        catalog.add(record(ID1, List.of("r.io/a:1"), List.of("r.io/a@" + D1)));
        catalog.add(record(ID1, List.of("r.io/a:2"), List.of("r.io/a@" + D1)));
        catalog.add(record(ID1, List.of(), List.of("r.io/b@" + D2)));

        reopen();
        assertThat(catalog.all()).hasSize(1);
        assertThat(catalog.all().getFirst().record().repoTags()).containsExactly("r.io/a:1", "r.io/a:2");
        assertThat(catalog.all().getFirst().record().repoDigests()).containsExactly("r.io/a@" + D1, "r.io/b@" + D2);
    }

    @Test
    void theDigestThatWasPulledLastStandsLast() {
        catalog.add(record(ID1, List.of("r.io/a:1"), List.of("r.io/a@" + D1)));
        catalog.add(record(ID1, List.of("r.io/a:1"), List.of("r.io/a@" + D2)));
        catalog.add(record(ID1, List.of("r.io/a:1"), List.of("r.io/a@" + D1)));

        reopen();
        assertThat(catalog.all().getFirst().record().repoDigests()).containsExactly("r.io/a@" + D2, "r.io/a@" + D1);
    }

    @Test
    void aTagThatMovedLeavesTheOldImageItsOtherNames() {
        catalog.add(record(ID1, List.of("r.io/a:1"), List.of("r.io/a@" + D1)));
        catalog.add(record(ID2, List.of("r.io/a:1"), List.of("r.io/a@" + D2)));

        for (int i = 0; i < 2; i++) {
            assertThat(catalog.find("r.io/a:1")).map(ImageCatalogTests::id).contains(ID2);
            assertThat(catalog.find("r.io/a@" + D1)).map(ImageCatalogTests::id).contains(ID1);
            assertThat(catalog.find(ID1).orElseThrow().record().repoTags()).isEmpty();
            reopen();
        }
    }

    @Test
    void aCrashBetweenTheTwoWritesOfAMoveLeavesTheTagWithTheLaterPull() throws Exception {
        catalog.add(record(ID1, List.of("r.io/a:1"), List.of("r.io/a@" + D1)));
        Path file = root.resolve(ID1.replace(':', '-') + ".json");
        byte[] before = Files.readAllBytes(file);
        catalog.add(record(ID2, List.of("r.io/a:1"), List.of("r.io/a@" + D2)));
        Files.write(file, before);

        reopen();
        assertThat(catalog.find("r.io/a:1")).map(ImageCatalogTests::id).contains(ID2);
    }

    @Test
    void removeForgetsAllNames() {
        catalog.add(record(ID1, List.of("r.io/a:1", "r.io/a:2"), List.of("r.io/a@" + D1)));
        catalog.remove(ID1);
        catalog.remove(ID1);

        assertThat(catalog.find("r.io/a:2")).isEmpty();
        reopen();
        assertThat(catalog.all()).isEmpty();
    }

    @Test
    void aCorruptRecordIsSetAsideAndTheOthersStay() throws Exception {
        catalog.add(record(ID1, List.of("r.io/a:1"), List.of("r.io/a@" + D1)));
        catalog.add(record(ID2, List.of("r.io/b:1"), List.of("r.io/b@" + D2)));
        Files.writeString(root.resolve(ID1.replace(':', '-') + ".json"), "{");

        reopen();
        assertThat(catalog.all()).extracting(ImageCatalogTests::id).containsExactly(ID2);
        assertThat(root.resolve("corrupt")).isDirectory();
    }

    private void reopen() {
        catalog = ImageCatalog.open(root);
    }
}
