package io.gantry.image.pull;

import io.gantry.image.spec.Descriptor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps large blobs as they come until they are complete, so that a later pull, also of a later process, goes on at the byte
 * where an earlier one broke off. A file is named after the blob's digest and the boot of the machine: what a machine that
 * went down left behind may hold zeros. Files are removed when the blob was complete or wrong, and when nobody came back for
 * them. Safe for many threads; a blob that two pulls fetch at once is spooled by the first.
 */
public final class BlobSpool {
    /** Opens the rest of a blob. */
    @FunctionalInterface
    public interface Rest {
        InputStream from(long offset) throws InterruptedException;
    }

    private static final Logger log = LoggerFactory.getLogger(BlobSpool.class);
    private static final long LEAST_BYTES = 16L << 20;

    private final @Nullable Path directory;
    private final String suffix;
    private final Duration life;
    private final long leastBytes;
    private final Set<Path> inUse = ConcurrentHashMap.newKeySet();

    private BlobSpool(@Nullable Path directory, String suffix, Duration life, long leastBytes) {
        this.directory = directory;
        this.suffix = suffix;
        this.life = life;
        this.leastBytes = leastBytes;
    }

    /**
     * A spool for blobs of 16 MiB and more.
     *
     * @param life how long a blob that was broken off is kept
     */
    public static BlobSpool in(Path directory, String bootId, Duration life) {
        return in(directory, bootId, life, LEAST_BYTES);
    }

    static BlobSpool in(Path directory, String bootId, Duration life, long leastBytes) {
        BlobSpool spool = new BlobSpool(directory, "." + bootId, life, leastBytes);
        spool.sweep();
        return spool;
    }

    /** No spool; what an earlier one left in the directory is removed. */
    public static BlobSpool off(Path directory) {
        new BlobSpool(directory, "", Duration.ZERO, Long.MAX_VALUE).sweep();
        return new BlobSpool(null, "", Duration.ZERO, Long.MAX_VALUE);
    }

    /**
     * The bytes of a blob: first those that are here, then the rest. As with the rest's own stream, {@code -1} comes only
     * when size and digest are right.
     */
    InputStream open(Descriptor blob, Rest rest) throws InterruptedException {
        if (directory == null || blob.size() < leastBytes) {
            return rest.from(0);
        }
        sweep();
        Path file = directory.resolve(
                blob.digest().algorithm().wireName() + "-" + blob.digest().hex() + suffix);
        if (!inUse.add(file)) {
            return rest.from(0);
        }
        FileChannel channel = null;
        try {
            Files.createDirectories(directory);
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            if (channel.size() > blob.size()) {
                channel.truncate(0);
            }
            return new SpooledBlob(blob, channel, file, rest, () -> inUse.remove(file));
        } catch (IOException e) {
            log.warn("layer not spooled: digest={} error=\"{}\"", blob.digest(), e.toString());
            closeQuietly(channel);
            inUse.remove(file);
            return rest.from(0);
        }
    }

    private static void closeQuietly(@Nullable FileChannel channel) {
        try {
            if (channel != null) {
                channel.close();
            }
        } catch (IOException e) {
            log.debug("spool file not closed", e);
        }
    }

    /** Removes files of other boots, and those that nobody has come back for. */
    private void sweep() {
        if (directory == null || !Files.isDirectory(directory)) {
            return;
        }
        Instant oldest = Instant.now().minus(life);
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                boolean kept = inUse.contains(file)
                        || !suffix.isEmpty()
                                && file.toString().endsWith(suffix)
                                && Files.getLastModifiedTime(file).toInstant().isAfter(oldest);
                if (!kept) {
                    Files.deleteIfExists(file);
                }
            }
        } catch (IOException e) {
            log.warn("spool not swept: directory={} error=\"{}\"", directory, e.toString());
        }
    }
}
