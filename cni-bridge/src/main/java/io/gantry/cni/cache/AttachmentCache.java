package io.gantry.cni.cache;

import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.LoadResult;
import io.gantry.platform.storage.RecordStore;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The recorded attachments, one file per sandbox, and the same in memory. What {@link #put} wrote is safe against a killed
 * daemon when it returns, and against a power failure a moment later.
 */
public final class AttachmentCache {
    private static final Logger log = LoggerFactory.getLogger(AttachmentCache.class);

    private final RecordStore<AttachmentRecord> store;
    private final Map<String, AttachmentRecord> records = new ConcurrentHashMap<>();
    private final Set<String> collectable = ConcurrentHashMap.newKeySet();
    private final Set<String> lost = ConcurrentHashMap.newKeySet();

    private AttachmentCache(RecordStore<AttachmentRecord> store) {
        this.store = store;
    }

    /**
     * Reads what earlier runs recorded. A file that cannot be read is set aside and reported, and never stops the start.
     *
     * @throws GantryException when the directory cannot be made or listed
     */
    public static AttachmentCache open(Path directory) {
        AttachmentCache cache =
                new AttachmentCache(new RecordStore<>(directory, AttachmentRecord.class, AttachmentRecord.SCHEMA));
        LoadResult<AttachmentRecord> loaded = cache.store.loadAll();
        cache.records.putAll(loaded.records());
        cache.collectable.addAll(loaded.records().keySet());
        loaded.corrupt().forEach(corrupt -> {
            String name = corrupt.movedTo().getFileName().toString();
            cache.lost.add(name.replaceFirst("\\.json.*$", ""));
        });
        return cache;
    }

    public Optional<AttachmentRecord> find(String sandboxId) {
        return Optional.ofNullable(records.get(sandboxId));
    }

    /** All attachments, those whose ADD has not succeeded as well. */
    public Collection<AttachmentRecord> all() {
        return List.copyOf(records.values());
    }

    /** Sandboxes whose attachment is of an earlier run of the daemon, or whose detach failed. */
    public Set<String> collectable() {
        return Set.copyOf(collectable);
    }

    /** Whether there was a record of this sandbox that could not be read. */
    public boolean isLost(String sandboxId) {
        return lost.contains(sandboxId);
    }

    /** Records the intent or the result of an attachment of this run. */
    public void put(AttachmentRecord attachment) {
        store.put(attachment.sandboxId(), attachment);
        records.put(attachment.sandboxId(), attachment);
        collectable.remove(attachment.sandboxId());
        syncLater(attachment.sandboxId());
    }

    /** Replaces a record without changing what garbage collection may do with it. */
    public void update(AttachmentRecord attachment) {
        store.put(attachment.sandboxId(), attachment);
        records.put(attachment.sandboxId(), attachment);
    }

    /** Lets garbage collection try what a detach could not finish. */
    public void markFailedDetach(String sandboxId) {
        collectable.add(sandboxId);
    }

    /** Forgets an attachment whose DEL is through. Idempotent. */
    public void remove(String sandboxId) {
        store.remove(sandboxId);
        records.remove(sandboxId);
        collectable.remove(sandboxId);
        lost.remove(sandboxId);
    }

    /** Writes through to the disk beside the plugins' run; a record that is gone by then needs it no more. */
    private void syncLater(String sandboxId) {
        Thread.ofVirtual().name("cni-sync").start(() -> {
            try {
                store.sync(sandboxId);
            } catch (GantryException e) {
                if (records.containsKey(sandboxId)) {
                    log.warn(
                            "network attachment record not synced: sandbox={} error=\"{}\"", sandboxId, e.getMessage());
                }
            }
        });
    }
}
