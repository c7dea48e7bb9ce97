package io.gantry.image.registry;

import io.gantry.image.spec.Descriptor;
import io.gantry.platform.error.GantryException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Bytes of a blob from one position to another in order, whatever happens to connections. Runs on one virtual thread,
 * where an interrupt closes the socket that is being read.
 */
final class BlobPart implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BlobPart.class);
    /** Fewer bytes than this on one connection do not count as progress; nor do they within one progress timeout. */
    private static final int PROGRESS_BYTES = 64 << 10;

    private static final int TRICKLE_BYTES = 1 << 10;

    private final String action;
    private final Descriptor descriptor;
    private final BlobSource source;
    private final RegistryClientConfig config;
    private final long end;
    private final boolean strict;
    private final Set<Endpoint> servedBy = new LinkedHashSet<>();

    private long position;
    private volatile int reconnects;
    private boolean takesRanges;
    private BlobSource.@Nullable Connection connection;
    private long bytesOnConnection;
    private long windowBytes;
    private long windowNanos;

    /**
     * @param from first byte
     * @param end one after the last byte
     * @param strict whether a server that sends other bytes than those asked for is refused, not read over
     */
    BlobPart(
            String action,
            Descriptor descriptor,
            long from,
            long end,
            boolean strict,
            BlobSource source,
            RegistryClientConfig config) {
        this.action = action;
        this.descriptor = descriptor;
        this.position = from;
        this.end = end;
        this.strict = strict;
        this.source = source;
        this.config = config;
    }

    int reconnects() {
        return reconnects;
    }

    /** The endpoints that bytes came from. */
    Set<Endpoint> servedBy() {
        return servedBy;
    }

    /** Whether the endpoint that delivers says that it can be asked for parts. */
    boolean takesRanges() {
        return takesRanges;
    }

    /** Makes sure there is a connection, when bytes are missing. */
    void connect() throws InterruptedException {
        if (connection == null && position < end) {
            connected();
        }
    }

    private BlobSource.Connection connected() throws InterruptedException {
        BlobSource.Connection fresh = source.open(position, end);
        if (strict && fresh.skip() > 0) {
            fresh.reply().close();
            throw new RangesRefusedException();
        }
        connection = fresh;
        bytesOnConnection = 0;
        windowBytes = 0;
        windowNanos = 0;
        servedBy.add(fresh.endpoint());
        takesRanges = fresh.reply().status() == 206
                || fresh.reply().header("Accept-Ranges").equalsIgnoreCase("bytes");
        return fresh;
    }

    /**
     * The next bytes, at least one.
     *
     * @return how many, or -1 at the end
     * @throws GantryException when no endpoint delivers
     * @throws RangesRefusedException when strict, and the server ignores what was asked for
     */
    int read(byte[] buffer) throws InterruptedException {
        if (position == end) {
            return -1;
        }
        while (true) {
            BlobSource.Connection current = connection == null ? connected() : connection;
            try {
                skip(current, buffer);
                int wanted = (int) Math.min(buffer.length, end - position);
                int count = timedRead(current.reply().body(), buffer, wanted);
                if (count > 0) {
                    position += count;
                    bytesOnConnection += count;
                    return count;
                }
                throw new EOFException("Premature EOF");
            } catch (IOException e) {
                broken(current, e);
            }
        }
    }

    /** Reads what the server sends again although a Range was asked for. */
    private void skip(BlobSource.Connection current, byte[] buffer) throws IOException {
        long left = current.skip();
        while (left > 0) {
            int count = timedRead(current.reply().body(), buffer, (int) Math.min(buffer.length, left));
            if (count < 0) {
                throw new EOFException("Premature EOF");
            }
            left -= count;
        }
        if (current.skip() > 0) {
            connection = new BlobSource.Connection(current.endpoint(), current.reply(), 0);
        }
    }

    /** A read that also fails when a server keeps the connection alive with a byte now and then. */
    private int timedRead(InputStream body, byte[] buffer, int wanted) throws IOException {
        long start = System.nanoTime();
        int count = body.read(buffer, 0, wanted);
        windowNanos += System.nanoTime() - start;
        windowBytes += Math.max(count, 0);
        if (windowBytes >= TRICKLE_BYTES) {
            windowBytes = 0;
            windowNanos = 0;
        } else if (windowNanos > config.progressTimeout().toNanos() && count > 0 && position + count < end) {
            throw new SocketTimeoutException("Read timed out");
        }
        return count;
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
    private void broken(BlobSource.Connection current, IOException e) throws InterruptedException {
        drop();
        if (Thread.interrupted()) {
            throw new InterruptedException("cancelled");
        }
        Failure failure = NetworkErrors.wrap(current.endpoint(), current.reply().uri(), config.progressTimeout(), e)
                .failure()
                .with(" at byte " + position + " of " + descriptor.size());
        if (bytesOnConnection >= PROGRESS_BYTES) {
            source.rounds().delivered(current.endpoint());
        } else {
            source.rounds().failed(current.endpoint(), failure);
        }
        reconnects++;
        LOG.info("{}: connecting again after {}: {}", action, failure.where(), failure.text());
    }

    /** At the end of the blob: the endpoint that sends more than that, if it does; the connection is given back. */
    Optional<Endpoint> finish() {
        BlobSource.Connection last = connection;
        if (last == null) {
            return Optional.empty();
        }
        if (end == descriptor.size() && last.reply().contentLength() < 0 && moreFollows(last.reply())) {
            drop();
            return Optional.of(last.endpoint());
        }
        last.reply().finish();
        connection = null;
        return Optional.empty();
    }

    private static boolean moreFollows(HttpReply reply) {
        try {
            return reply.body().read() >= 0;
        } catch (IOException _) {
            return false;
        }
    }

    private void drop() {
        if (connection != null) {
            connection.reply().close();
            connection = null;
        }
    }

    @Override
    public void close() {
        drop();
    }

    /** A server was asked for a part of a blob and sends something else. */
    static final class RangesRefusedException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }
}
