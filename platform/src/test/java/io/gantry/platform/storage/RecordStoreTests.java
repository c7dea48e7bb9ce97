package io.gantry.platform.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecordStoreTests {
    enum State {
        CREATED,
        RUNNING
    }

    record Part(String name, List<String> values) {}

    record Thing(
            String id,
            int count,
            @Nullable String note,
            State state,
            Instant createdAt,
            Path rootfs,
            Map<String, String> labels,
            List<Part> parts) {
        Thing {
            if (count < 0) {
                throw new IllegalArgumentException("count is negative");
            }
        }
    }

    @TempDir
    Path temporary;

    private Path dir;
    private RecordStore<Thing> store;

    @BeforeEach
    void openStore() {
        dir = temporary.resolve("things");
        store = open(3);
    }

    private RecordStore<Thing> open(int schema) {
        return new RecordStore<>(dir, Thing.class, schema);
    }

    private static Thing thing(String id) {
        return new Thing(
                id,
                7,
                null,
                State.RUNNING,
                Instant.parse("2026-11-24T08:00:00.123456789Z"),
                Path.of("/var/lib/a b"),
                Map.of("app", "web"),
                List.of(new Part("p", List.of("1", "2"))));
    }

    @Test
    void readsBackWhatWasPut() throws IOException {
        store.put("a", thing("a"));
        store.putDurably("sha256:00ff", thing("b"));
        store.sync("a");

        LoadResult<Thing> result = open(3).loadAll();
        assertThat(result.corrupt()).isEmpty();
        assertThat(result.records()).containsOnlyKeys("a", "sha256:00ff");
        assertThat(result.records().get("a")).isEqualTo(thing("a"));
        assertThat(store.get("a")).contains(thing("a"));
        assertThat(Files.readString(dir.resolve("a.json")))
                .contains("\"schema\":3")
                .contains("\"rootfs\":\"/var/lib/a b\"")
                .doesNotContain("note");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(dir.resolve("a.json"))))
                .isEqualTo("rw-------");
    }

    @Test
    void removesAndReplaces() {
        store.put("a", thing("old"));
        store.put("a", thing("new"));
        assertThat(store.get("a").orElseThrow().id()).isEqualTo("new");
        store.remove("a");
        store.remove("a");
        assertThat(store.get("a")).isEmpty();
        assertThat(store.loadAll().records()).isEmpty();
        assertThatThrownBy(() -> store.sync("a"))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "not json",
                "[]",
                "null",
                "{\"schema\":3}",
                "{\"schema\":3,\"record\":null}",
                "{\"schema\":\"3\",\"record\":{}}",
                "{\"record\":{\"id\":\"a\"}}",
                "{\"schema\":3,\"record\":{\"id\":\"a\",\"count\":-1}}",
                "{\"schema\":3,\"record\":{\"id\":\"a\",\"state\":\"NO_SUCH_STATE\"}}",
                "{\"schema\":3,\"record\":{\"id\":\"a\",\"count\":\"many\"}}",
                "\0\0\0\0\0\0\0\0"
            })
    void setsACorruptFileAsideAndKeepsTheRest(String content) throws IOException {
        store.put("good", thing("good"));
        Files.writeString(dir.resolve("bad.json"), content);

        LoadResult<Thing> result = store.loadAll();
        assertThat(result.records()).containsOnlyKeys("good");
        assertThat(result.corrupt()).hasSize(1);
        assertThat(result.corrupt().getFirst().problem()).isNotBlank();
        assertThat(result.corrupt().getFirst().movedTo())
                .isEqualTo(dir.resolve("corrupt/bad.json"))
                .hasContent(content);
        assertThat(dir.resolve("bad.json")).doesNotExist();
        assertThat(store.loadAll().corrupt()).isEmpty();
    }

    @Test
    void aTruncatedFileIsCorruptAtEveryLength() throws IOException {
        store.put("a", thing("a"));
        byte[] whole = Files.readAllBytes(dir.resolve("a.json"));
        for (int length = 0; length < whole.length; length++) {
            Files.write(dir.resolve("a.json"), Arrays.copyOf(whole, length));
            assertThat(store.loadAll().corrupt()).hasSize(1);
        }
        assertThat(dir.resolve("corrupt").toFile().list()).hasSize(whole.length);
    }

    @Test
    void aLaterSchemaIsSetAsideAnEarlierOneIsRead() throws IOException {
        open(4).put("later", thing("later"));
        open(2).put("earlier", thing("earlier"));
        Files.writeString(
                dir.resolve("added.json"),
                "{\"schema\":2,\"future\":1,\"record\":{\"id\":\"added\",\"unknown\":{\"x\":[1]}}}");

        LoadResult<Thing> result = store.loadAll();
        assertThat(result.records()).containsOnlyKeys("earlier", "added");
        assertThat(result.records().get("added")).extracting(Thing::count).isEqualTo(0);
        assertThat(result.corrupt()).hasSize(1);
        assertThat(result.corrupt().getFirst().problem())
                .isEqualTo("written by a later Gantry: schema 4, this one knows up to 3; "
                        + "go back to the later version and move the file back");
    }

    @Test
    void clearsLeftoversOfACrashAndSetsStrangersAside() throws IOException {
        store.put("a", thing("a"));
        Files.writeString(dir.resolve("a.json.123-4.tmp"), "{\"schema\":3,\"rec");
        Files.writeString(dir.resolve("README"), "hello");
        Files.createDirectory(dir.resolve("subdirectory"));
        Files.createSymbolicLink(dir.resolve("link.json"), Path.of("elsewhere"));

        LoadResult<Thing> result = store.loadAll();
        assertThat(result.records()).containsOnlyKeys("a");
        assertThat(result.corrupt()).hasSize(3);
        assertThat(dir.toFile().list()).containsExactlyInAnyOrder("a.json", "corrupt");
    }

    @Test
    void loadsManyInOrder() {
        for (int i = 0; i < 500; i++) {
            store.put("id-%03d".formatted(i), thing(Integer.toString(i)));
        }
        LoadResult<Thing> result = store.loadAll();
        assertThat(result.records()).hasSize(500);
        assertThat(List.copyOf(result.records().keySet())).isSorted();
        assertThat(result.records()).containsEntry("id-321", thing("321"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "..", "../a", "a/b", ".hidden", "a\0b", "ü"})
    void refusesIdsThatAreNoFileNames(String id) {
        assertThatThrownBy(() -> store.put(id, thing("a")))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT));
        assertThat(dir).isEmptyDirectory();
    }

    @Test
    void aCorruptRecordThatIsAskedForStaysInPlace() throws IOException {
        Files.writeString(dir.resolve("a.json"), "{");
        assertThatThrownBy(() -> store.get("a"))
                .isInstanceOfSatisfying(
                        GantryException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.DATA_LOSS));
        assertThat(dir.resolve("a.json")).exists();
    }

    @Test
    void aDirectoryThatCannotBeMadeIsAnError() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "");
        assertThatThrownBy(() -> new RecordStore<>(file.resolve("dir"), Thing.class, 1))
                .isInstanceOf(GantryException.class)
                .hasMessageStartingWith("make record directory");
    }
}
