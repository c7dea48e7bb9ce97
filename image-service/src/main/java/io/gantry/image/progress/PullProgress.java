package io.gantry.image.progress;

import io.gantry.image.spec.Descriptor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** How far one pull is; several callers that wait for the same pull look at the same object. Safe for use by many threads. */
public final class PullProgress {
    private static final class Entry {
        final long size;
        long received;
        boolean opened;
        boolean complete;

        Entry(long size) {
            this.size = size;
        }
    }

    private final Map<String, Entry> layers = new LinkedHashMap<>();

    /** The layers of the manifest that was chosen last. */
    synchronized void plan(List<Descriptor> planned) {
        layers.clear();
        planned.forEach(layer -> layers.putIfAbsent(layer.digest().toString(), new Entry(layer.size())));
    }

    /** A layer is read from its start, perhaps not for the first time. */
    synchronized void opened(Descriptor layer, long offset) {
        Entry entry = layers.computeIfAbsent(layer.digest().toString(), _ -> new Entry(layer.size()));
        entry.opened = true;
        entry.received = offset;
        entry.complete = false;
    }

    synchronized void received(Descriptor layer, long bytes) {
        Entry entry = layers.get(layer.digest().toString());
        if (entry != null) {
            entry.received = Math.min(entry.size, entry.received + bytes);
        }
    }

    synchronized void ended(Descriptor layer) {
        Entry entry = layers.get(layer.digest().toString());
        if (entry != null) {
            entry.complete = true;
        }
    }

    /** All layers are there, whoever fetched them. */
    public synchronized void finish() {
        layers.values().forEach(entry -> {
            entry.received = entry.size;
            entry.complete = true;
        });
    }

    /** The layers at this moment, lowest first; empty until the manifest is known. */
    public synchronized List<LayerProgress> layers() {
        return layers.entrySet().stream()
                .map(layer -> new LayerProgress(
                        layer.getKey(), layer.getValue().size, layer.getValue().received, state(layer.getValue())))
                .toList();
    }

    private static LayerProgress.State state(Entry entry) {
        if (entry.complete) {
            return LayerProgress.State.RECEIVED;
        }
        return entry.opened ? LayerProgress.State.PULLING : LayerProgress.State.WAITING;
    }
}
