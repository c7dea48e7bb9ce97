package io.gantry.image.verify;

import java.util.List;

/**
 * What became of one layer.
 *
 * @param images names or ids of those that have it
 * @param detail what is wrong, or why the contents could not be compared; empty when all is well
 */
public record LayerVerdict(String diffId, List<String> images, State state, String detail) {
    public LayerVerdict {
        images = List.copyOf(images);
    }

    /** How a layer is. */
    public enum State {
        /** Files, attributes and contents are what they were. */
        GOOD,
        /** Its files are all there; it had no seal to compare them with and has one now. */
        SEALED,
        /** Something is not what it was. */
        DAMAGED,
        /** It was damaged and has been fetched again. */
        REPAIRED,
        /**
         * It was damaged and the registries have it no more; its images are gone from the list, so that the next pull brings
         * what their names mean now.
         */
        LOST
    }

    /** Whether the layer can be used. */
    public boolean isUsable() {
        return state == State.GOOD || state == State.SEALED || state == State.REPAIRED;
    }
}
