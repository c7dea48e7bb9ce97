package io.gantry.image.pull;

import io.gantry.image.codec.BulkInputStream;
import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A blob whose first bytes are in a file and whose rest comes from elsewhere and is added to the file. Read by one thread;
 * closed by any. A spool that cannot be written is given up, the blob is not.
 */
final class SpooledBlob extends BulkInputStream {
    private static final Logger log = LoggerFactory.getLogger(SpooledBlob.class);

    private final Descriptor blob;
    private final Path file;
    private final InputStream rest;
    private final Runnable onClose;
    private final MessageDigest hash;
    private final long spooled;
    private final Object lock = new Object();
    private long position;
    private boolean complete;
    /** Guarded by {@code lock}. */
    private @Nullable FileChannel channel;
    /** Guarded by {@code lock}. */
    private boolean closed;

    /**
     * @param onClose run once when this is closed, or cannot be opened
     * @throws IOException when the file cannot be read
     */
    SpooledBlob(Descriptor blob, FileChannel channel, Path file, BlobSpool.Rest rest, Runnable onClose)
            throws IOException, InterruptedException {
        this.blob = blob;
        this.channel = channel;
        this.file = file;
        this.onClose = onClose;
        this.hash = blob.digest().newHash();
        this.spooled = channel.size();
        try {
            this.rest = rest.from(spooled);
        } catch (InterruptedException | RuntimeException e) {
            try (channel) {
                onClose.run();
            }
            throw e;
        }
        if (spooled > 0) {
            log.info("layer goes on where it broke off: digest={} at={} size={}", blob.digest(), spooled, blob.size());
        }
    }

    @Override
    public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int count = position < spooled ? fromFile(target, offset, length) : fromRest(target, offset, length);
        if (count < 0) {
            verify();
            return -1;
        }
        hash.update(target, offset, count);
        position += count;
        return count;
    }

    private int fromFile(byte[] target, int offset, int length) throws IOException {
        synchronized (lock) {
            if (channel == null) {
                throw new IOException("the spooled layer " + blob.digest() + " is closed");
            }
            int wanted = (int) Math.min(length, spooled - position);
            int count = channel.read(ByteBuffer.wrap(target, offset, wanted), position);
            if (count <= 0) {
                throw new IOException("the spooled part of layer " + blob.digest() + " became shorter");
            }
            return count;
        }
    }

    private int fromRest(byte[] target, int offset, int length) throws IOException {
        int count;
        try {
            count = rest.read(target, offset, length);
        } catch (GantryException e) {
            if (e.kind() == ErrorKind.DATA_LOSS) {
                synchronized (lock) {
                    dropFile();
                }
            }
            throw e;
        }
        if (count > 0) {
            keep(target, offset, count);
        }
        return count;
    }

    private void keep(byte[] bytes, int offset, int count) {
        synchronized (lock) {
            if (channel == null) {
                return;
            }
            try {
                ByteBuffer left = ByteBuffer.wrap(bytes, offset, count);
                long at = position;
                while (left.hasRemaining()) {
                    at += channel.write(left, at);
                }
            } catch (IOException e) {
                log.warn("layer not spooled any more: digest={} error=\"{}\"", blob.digest(), e.toString());
                dropFile();
            }
        }
    }

    /** The stream that began in the middle has not seen the first bytes, so the digest is checked here. */
    private void verify() {
        if (complete) {
            return;
        }
        Digest actual = Digest.ofHash(blob.digest().algorithm(), hash.digest());
        complete = true;
        synchronized (lock) {
            dropFile();
        }
        if (!actual.equals(blob.digest())) {
            throw GantryException.of(
                            ErrorKind.DATA_LOSS,
                            "pull layer " + blob.digest(),
                            "together with the " + spooled + " bytes of an earlier pull its digest is " + actual)
                    .withRemedy("try again, it is fetched from its start then");
        }
    }

    private void dropFile() {
        try (FileChannel _ = channel) {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log.warn("spool file not deleted: file={} error=\"{}\"", file, e.toString());
        }
        channel = null;
    }

    @Override
    public void close() throws IOException {
        rest.close();
        synchronized (lock) {
            if (closed) {
                return;
            }
            closed = true;
            try (FileChannel _ = channel) {
                channel = null;
            }
        }
        onClose.run();
    }
}
