package io.gantry.pod.state;

import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Corrupt;
import io.gantry.platform.storage.LoadResult;
import io.gantry.platform.storage.RecordStore;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Records by id, in memory and on disk. A change is on disk (safe against {@code kill -9}) before it is visible here;
 * {@link #sync} makes it safe against loss of power. Readers never wait.
 *
 * @param <T> an immutable record
 */
public final class RecordTable<T> {
    private static final Logger log = LoggerFactory.getLogger(RecordTable.class);

    private final RecordStore<T> store;
    private final Map<String, T> records = new ConcurrentHashMap<>();

    public RecordTable(RecordStore<T> store) {
        this.store = store;
    }

    /**
     * Reads every record from disk.
     *
     * @return the records that could not be read; they were set aside
     */
    public List<Corrupt> load() {
        LoadResult<T> loaded = store.loadAll();
        records.putAll(new HashMap<>(loaded.records()));
        return loaded.corrupt();
    }

    public Optional<T> find(String id) {
        return Optional.ofNullable(records.get(id));
    }

    public Collection<T> all() {
        return records.values();
    }

    public void put(String id, T record) {
        store.put(id, record);
        records.put(id, record);
    }

    /**
     * Changes a record; {@code change} may return its argument when there is nothing to do, and then nothing is written.
     *
     * @return the record after the change; empty when there is none of that id
     */
    @SuppressWarnings("ReferenceEquality") // The same record says that nothing changes.
    public Optional<T> update(String id, UnaryOperator<T> change) {
        AtomicReference<@Nullable T> result = new AtomicReference<>();
        records.computeIfPresent(id, (key, current) -> {
            T next = change.apply(current);
            if (next != current) {
                store.put(key, next);
            }
            result.set(next);
            return next;
        });
        return Optional.ofNullable(result.get());
    }

    /**
     * Changes a record even when the disk refuses to keep the change: it is visible then, and lost with this process. Only
     * for changes that recovery finds out again by itself, from exit files and processes; a full disk must not keep a pod
     * from ending.
     *
     * @return the record after the change; empty when there is none of that id
     */
    @SuppressWarnings("ReferenceEquality") // The same record says that nothing changes.
    public Optional<T> updateEvenUnsaved(String id, UnaryOperator<T> change) {
        AtomicReference<@Nullable T> result = new AtomicReference<>();
        records.computeIfPresent(id, (key, current) -> {
            T next = change.apply(current);
            if (next != current) {
                try {
                    store.put(key, next);
                } catch (GantryException e) {
                    log.error("change of a record is not on disk: record={} error=\"{}\"", key, e.getMessage());
                }
            }
            result.set(next);
            return next;
        });
        return Optional.ofNullable(result.get());
    }

    /** Makes the record's last change safe against loss of power. */
    public void sync(String id) {
        store.sync(id);
    }

    /** Forgets a record; nothing happens when there is none. */
    public void remove(String id) {
        records.computeIfPresent(id, (key, current) -> {
            store.remove(key);
            return null;
        });
    }
}
