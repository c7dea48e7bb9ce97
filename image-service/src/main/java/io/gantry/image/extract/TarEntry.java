package io.gantry.image.extract;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One member of a tar archive, PAX and GNU extensions applied.
 *
 * @param name as the archive has it, not checked in any way but for NUL bytes
 * @param linkName target of a link, empty for all else
 * @param mode permission bits, set-user-id, set-group-id and sticky bits
 * @param size bytes of data that follow in the archive
 * @param major of a device
 * @param minor of a device
 * @param xattrs extended attributes by full name ({@code security.capability}), values as they are
 * @param sparse where the data goes when the file has holes, else null
 */
record TarEntry(
        Type type,
        String name,
        String linkName,
        int mode,
        int uid,
        int gid,
        long size,
        long mtimeSeconds,
        int mtimeNanos,
        int major,
        int minor,
        Map<String, byte[]> xattrs,
        @Nullable SparseMap sparse) {

    /** What a member is. */
    enum Type {
        FILE,
        HARD_LINK,
        SYMLINK,
        CHARACTER_DEVICE,
        BLOCK_DEVICE,
        DIRECTORY,
        FIFO
    }
}
