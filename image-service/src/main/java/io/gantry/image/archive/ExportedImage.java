package io.gantry.image.archive;

import java.util.List;

/**
 * An image in an archive that was written.
 *
 * @param id of the image in the store
 * @param archiveId of the image in the archive: another one when a layer's tar stream is not the one that it once came in,
 *     since the config lists the streams' digests
 * @param names that it has in the archive
 */
public record ExportedImage(String id, String archiveId, List<String> names) {
    public ExportedImage {
        names = List.copyOf(names);
    }

    /** Whether the image in the archive is the same to the byte. */
    public boolean isUnchanged() {
        return id.equals(archiveId);
    }
}
