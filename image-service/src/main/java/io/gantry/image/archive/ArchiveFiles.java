package io.gantry.image.archive;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** The files of an archive or of a directory laid out like one. */
interface ArchiveFiles extends AutoCloseable {
    /**
     * Opens a file; several may be open at once.
     *
     * @param name relative to the top
     * @return null when there is none of that name
     */
    @Nullable
    InputStream open(String name) throws IOException;

    /** Size of a file, -1 when there is none of that name. */
    long size(String name) throws IOException;

    @Override
    void close() throws IOException;
}
