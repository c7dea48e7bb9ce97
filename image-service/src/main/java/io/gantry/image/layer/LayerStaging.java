package io.gantry.image.layer;

import io.gantry.image.extract.LayerContents;
import io.gantry.image.reference.Digest;
import java.nio.file.Path;

/** A layer being unpacked: a directory that nobody else sees, gone after {@link #close()} unless it was committed. */
public final class LayerStaging implements AutoCloseable {
    private final LayerStore store;
    private final Digest diffId;
    private final Path directory;
    private final int root;
    private boolean closed;

    LayerStaging(LayerStore store, Digest diffId, Path directory, int root) {
        this.store = store;
        this.diffId = diffId;
        this.directory = directory;
        this.root = root;
    }

    /** Descriptor of the directory to unpack into: empty, 0:0, mode 0755. It is closed with this object. */
    public int root() {
        return root;
    }

    /**
     * Makes the layer visible. The caller has checked that what was unpacked has this diffID. It survives the end of the
     * process from here on, and power loss after {@link LayerStore#sync}.
     */
    public Layer commit(LayerContents contents) {
        return store.commit(diffId, directory, contents);
    }

    /**
     * Puts it in the place of a layer that was damaged; it is on disk then. What was there before is deleted by {@link
     * #close()}.
     *
     * @param mounted layers of snapshots
     * @return false when the damaged one stays because it is mounted or somebody is about to need it
     */
    public boolean replace(LayerContents contents, LayerStore.NeededLayers mounted) {
        return store.replace(diffId, directory, contents, mounted);
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            store.discard(directory, root);
        }
    }
}
