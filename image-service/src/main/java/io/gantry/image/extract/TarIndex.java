package io.gantry.image.extract;

import io.gantry.image.codec.ByteFeed;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the files of a tar archive lie, so that they can be read in any order.
 *
 * @param files by clean name; the last of a name counts, as when unpacking
 * @param links symbolic links by clean name, with the clean names they point to
 */
public record TarIndex(Map<String, Extent> files, Map<String, String> links) {
    private static final int MAX_LINKS = 8;
    private static final int MAX_FILES = 1 << 20;

    /** Bytes of an archive. */
    public record Extent(long offset, long size) {}

    public TarIndex {
        files = Map.copyOf(files);
        links = Map.copyOf(links);
    }

    /**
     * Reads the headers of a whole archive; data is passed over without reading it.
     *
     * @throws TarException when the archive is damaged, or has sparse members
     */
    public static TarIndex of(FileChannel archive) throws IOException, InterruptedException {
        Map<String, Extent> files = new HashMap<>();
        Map<String, String> links = new HashMap<>();
        FileFeed feed = new FileFeed(archive);
        TarReader reader = new TarReader(feed);
        for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
            String name = TarNames.clean(entry.name());
            if (files.size() + links.size() > MAX_FILES) {
                throw new TarException("it has more than " + MAX_FILES + " files");
            }
            switch (entry.type()) {
                case FILE -> {
                    if (entry.sparse() != null) {
                        throw new TarException("sparse member " + TarNames.quote(name));
                    }
                    links.remove(name);
                    files.put(name, new Extent(feed.position(), entry.size()));
                }
                case SYMLINK -> {
                    String parent = TarNames.parent(name);
                    files.remove(name);
                    links.put(name, TarNames.clean(parent + "/" + entry.linkName()));
                }
                case HARD_LINK -> {
                    Extent target = files.get(TarNames.clean(entry.linkName()));
                    if (target != null) {
                        files.put(name, target);
                    }
                }
                case DIRECTORY, CHARACTER_DEVICE, BLOCK_DEVICE, FIFO -> {}
            }
        }
        return new TarIndex(files, links);
    }

    /** Where a file lies, links followed; null when there is none of that name. */
    public @Nullable Extent find(String name) {
        String at = TarNames.clean(name);
        for (int i = 0; i < MAX_LINKS; i++) {
            Extent extent = files.get(at);
            String link = links.get(at);
            if (extent != null || link == null) {
                return extent;
            }
            at = link;
        }
        return null;
    }

    /** A file from its beginning; what is skipped is not read. */
    private static final class FileFeed implements ByteFeed {
        private final FileChannel file;
        private final ByteBuffer buffer = ByteBuffer.allocateDirect(64 << 10).limit(0);
        private long next;

        FileFeed(FileChannel file) {
            this.file = file;
        }

        long position() {
            return next - buffer.remaining();
        }

        @Override
        public @Nullable ByteBuffer chunk() throws IOException {
            if (!buffer.hasRemaining()) {
                buffer.clear();
                int count = file.read(buffer, next);
                buffer.flip();
                if (count <= 0) {
                    buffer.limit(0);
                    return null;
                }
                next += count;
            }
            return buffer;
        }

        @Override
        public long skip(long count) throws IOException {
            long position = Math.min(position() + count, file.size());
            long skipped = position - position();
            if (skipped <= buffer.remaining()) {
                buffer.position(buffer.position() + (int) skipped);
            } else {
                buffer.position(buffer.limit());
                next = position;
            }
            return skipped;
        }
    }
}
