package io.gantry.image.registry;

import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.security.MessageDigest;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network side of a blob stream: bytes in order, whatever happens to connections. Runs on one virtual thread, where an
 * interrupt closes the socket that is being read.
 */
final class BlobDownload implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BlobDownload.class);
    /** Fewer bytes than this on one connection do not count as progress; nor do they within one progress timeout. */
    private static final int PROGRESS_BYTES = 64 << 10;

    private static final int TRICKLE_BYTES = 1 << 10;

    private final String action;
    private final Descriptor descriptor;
    private final BlobSource source;
    private final EndpointHealth health;
    private final RegistryClientConfig config;
    private final @Nullable MessageDigest hash;
    private final Set<Endpoint> servedBy = new LinkedHashSet<>();

    private long position;
    private volatile int reconnects;
    private BlobSource.@Nullable Connection connection;
    private long bytesOnConnection;
    private long windowBytes;
    private long windowNanos;

    BlobDownload(
            String action,
            Descriptor descriptor,
            long offset,
            BlobSource source,
            EndpointHealth health,
            RegistryClientConfig config) {
        this.action = action;
        this.descriptor = descriptor;
        this.position = offset;
        this.source = source;
        this.health = health;
        this.config = config;
        this.hash = offset == 0 ? descriptor.digest().newHash() : null;
    }

    String action() {
        return action;
    }

    long position() {
        return position;
    }

    long size() {
        return descriptor.size();
    }

    int reconnects() {
        return reconnects;
    }

    /** Makes sure there is a connection, when bytes are missing. */
    void connect() throws InterruptedException {
        if (connection == null && position < descriptor.size()) {
            connected(source.open(position));
        }
    }

    private BlobSource.Connection connected(BlobSource.Connection fresh) {
        connection = fresh;
        bytesOnConnection = 0;
        windowBytes = 0;
        windowNanos = 0;
        servedBy.add(fresh.endpoint());
        return fresh;
    }

    /**
     * The next bytes, at least one.
     *
     * @return how many, or -1 when the blob is complete and what it must be
     * @throws GantryException when no endpoint delivers, or the content is wrong
     */
    int read(byte[] buffer) throws InterruptedException {
        if (position == descriptor.size()) {
            verify();
            return -1;
        }
        while (true) {
            BlobSource.Connection current = connection == null ? connected(source.open(position)) : connection;
            try {
                skip(current, buffer);
                int wanted = (int) Math.min(buffer.length, descriptor.size() - position);
                int count = timedRead(current.reply().body(), buffer, wanted);
                if (count > 0) {
                    received(buffer, count);
                    return count;
                }
                throw new EOFException("Premature EOF");
            } catch (IOException e) {
                broken(current, e);
            }
        }
    }

    private void received(byte[] buffer, int count) {
        position += count;
        bytesOnConnection += count;
        if (hash != null) {
            hash.update(buffer, 0, count);
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
        } else if (windowNanos > config.progressTimeout().toNanos()
                && count > 0
                && position + count < descriptor.size()) {
            throw new SocketTimeoutException("Read timed out");
        }
        return count;
    }

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

    /** All bytes are there: nothing may follow, and the digest must be right. */
    private void verify() {
        BlobSource.Connection last = connection;
        if (last != null) {
            if (last.reply().contentLength() < 0 && moreFollows(last.reply())) {
                drop();
                health.servedWrongContent(last.endpoint().base(), descriptor.digest());
                throw wrong(last.endpoint().display() + " sent more than the " + descriptor.size()
                        + " bytes that the manifest says");
            }
            last.reply().finish();
            connection = null;
        }
        if (hash == null) {
            return;
        }
        Digest actual = Digest.ofHash(descriptor.digest().algorithm(), hash.digest());
        if (!actual.equals(descriptor.digest())) {
            servedBy.forEach(endpoint -> health.servedWrongContent(endpoint.base(), descriptor.digest()));
            String from = servedBy.stream().map(Endpoint::display).collect(Collectors.joining(" and "));
            throw wrong(from + " served wrong content with digest " + actual);
        }
    }

    private static boolean moreFollows(HttpReply reply) {
        try {
            return reply.body().read() >= 0;
        } catch (IOException _) {
            return false;
        }
    }

    private GantryException wrong(String problem) {
        return GantryException.of(ErrorKind.DATA_LOSS, action, problem)
                .withRemedy("try again, other mirrors then go first; if it stays so, the content there is damaged");
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
}
