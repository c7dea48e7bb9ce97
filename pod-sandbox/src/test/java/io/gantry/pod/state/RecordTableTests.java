package io.gantry.pod.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.RecordStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RecordTableTests {
    record Counter(int count) {}

    @TempDir
    Path directory;

    private RecordTable<Counter> table;

    @BeforeEach
    void open() {
        table = new RecordTable<>(new RecordStore<>(directory, Counter.class, 1));
    }

    @Test
    void whatIsVisibleIsOnDisk() {
        table.put("a", new Counter(1));
        assertThat(table.update("a", counter -> new Counter(counter.count() + 1)))
                .contains(new Counter(2));
        table.put("b", new Counter(5));
        table.remove("b");
        table.remove("b");

        RecordTable<Counter> next = new RecordTable<>(new RecordStore<>(directory, Counter.class, 1));
        assertThat(next.load()).isEmpty();
        assertThat(next.all()).containsExactly(new Counter(2));
        assertThat(table.find("b")).isEmpty();
        assertThat(table.update("b", counter -> counter)).isEmpty();
    }

    @Test
    void nothingIsWrittenWhenNothingChanges() throws Exception {
        table.put("a", new Counter(1));
        Path file = directory.resolve("a.json");
        Object before = Files.getAttribute(file, "unix:ino");

        assertThat(table.update("a", counter -> counter)).contains(new Counter(1));

        assertThat(Files.getAttribute(file, "unix:ino")).isEqualTo(before);
    }

    @Test
    void aChangeThatCannotBeWrittenIsNotVisible() throws Exception {
        table.put("a", new Counter(1));
        Path aside = directory.resolveSibling(directory.getFileName() + "-aside");
        Files.move(directory, aside);

        assertThatThrownBy(() -> table.update("a", counter -> new Counter(2))).isInstanceOf(GantryException.class);
        assertThatThrownBy(() -> table.put("c", new Counter(3))).isInstanceOf(GantryException.class);

        assertThat(table.find("a")).contains(new Counter(1));
        assertThat(table.find("c")).isEmpty();
        Files.move(aside, directory);
        assertThat(table.update("a", counter -> new Counter(2))).contains(new Counter(2));
    }

    @Test
    void changesOfOneRecordAreOneAfterTheOther() {
        table.put("a", new Counter(0));
        try (var executor = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < 200; i++) {
                executor.execute(() -> {
                    var unused = table.update("a", counter -> new Counter(counter.count() + 1));
                });
            }
        }
        assertThat(table.find("a")).contains(new Counter(200));
    }
}
