package io.gantry.image.registry;

import io.gantry.image.budget.TransferMemory;
import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.security.MessageDigest;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The network side of a blob stream: all bytes in order, hashed on their way. Begins with one connection; when that turns
 * out to be what everything waits for, several fetch parts ahead, and when those fail one goes on where they were. Runs on
 * one virtual thread.
 */
final class BlobDownload implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BlobDownload.class);

    private final String action;
    private final Descriptor descriptor;
    private final Supplier<BlobSource> sources;
    private final EndpointHealth health;
    private final RegistryClientConfig config;
    private final RangePolicy ranges;
    private final TransferMemory memory;
    private final @Nullable MessageDigest hash;
    private final Starvation starvation;
    private final Set<Endpoint> servedBy = new LinkedHashSet<>();

    private long position;
    private boolean mayBranch;
    private BlobPart part;
    private @Nullable SegmentedDownload segments;
    private volatile int earlierReconnects;

    /**
     * @param offset where to begin; the digest is checked when that is 0
     * @param sources one for each connection
     */
    BlobDownload(
            String action,
            Descriptor descriptor,
            long offset,
            Supplier<BlobSource> sources,
            EndpointHealth health,
            RegistryClientConfig config,
            RangePolicy ranges,
            TransferMemory memory) {
        this.action = action;
        this.descriptor = descriptor;
        this.position = offset;
        this.sources = sources;
        this.health = health;
        this.config = config;
        this.ranges = ranges;
        this.memory = memory;
        this.mayBranch = ranges.connections() > 1;
        this.hash = offset == 0 ? descriptor.digest().newHash() : null;
        this.starvation = new Starvation(ranges);
        this.part = rest();
    }

    private BlobPart rest() {
        return part(position, descriptor.size(), false);
    }

    private BlobPart part(long from, long end, boolean strict) {
        return new BlobPart(action, descriptor, from, end, strict, sources.get(), config);
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
        return earlierReconnects + part.reconnects();
    }

    /** Makes sure there is a connection, when bytes are missing. */
    void connect() throws InterruptedException {
        part.connect();
    }

    /**
     * The next bytes, at least one.
     *
     * @return how many, or -1 when the blob is complete and what it must be
     * @throws GantryException when no endpoint delivers, or the content is wrong
     */
    int read(byte[] buffer) throws InterruptedException {
        long before = System.nanoTime();
        int count = segments == null ? part.read(buffer) : readSegments(segments, buffer);
        long nanos = System.nanoTime() - before;
        if (count < 0) {
            verify();
            return -1;
        }
        position += count;
        if (hash != null) {
            hash.update(buffer, 0, count);
        }
        if (mayBranch && starvation.sees(count, nanos)) {
            branch();
        }
        return count;
    }

    /** Goes over to several connections, when there is enough left, the server can and memory is to be had. */
    private void branch() {
        long left = descriptor.size() - position;
        if (!part.takesRanges() || left < ranges.leastBytes()) {
            mayBranch = part.takesRanges() && left >= ranges.leastBytes();
            return;
        }
        SegmentedDownload opened = SegmentedDownload.open(
                position, descriptor.size(), ranges, memory, (from, end) -> part(from, end, true));
        if (opened != null) {
            LOG.debug("{}: fetching from byte {} on over {} connections", action, position, opened.connections());
            mayBranch = false;
            retire(part);
            segments = opened;
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
    private void retire(BlobPart old) {
        old.close();
        earlierReconnects += old.reconnects();
        servedBy.addAll(old.servedBy());
    }

    private int readSegments(SegmentedDownload opened, byte[] buffer) throws InterruptedException {
        try {
            return opened.read(buffer);
        } catch (GantryException | BlobPart.RangesRefusedException e) {
            LOG.info(
                    "{}: going on with one connection at byte {}: {}",
                    action,
                    position,
                    String.valueOf(e.getMessage()));
            closeSegments(opened);
            part = rest();
            return part.read(buffer);
        }
    }

    @SuppressWarnings("NonAtomicVolatileUpdate") // One thread writes.
    private void closeSegments(SegmentedDownload opened) {
        opened.close();
        servedBy.addAll(opened.servedBy());
        earlierReconnects += opened.reconnects();
        segments = null;
    }

    /** All bytes are there: nothing may follow, and the digest must be right. */
    private void verify() {
        if (segments != null) {
            closeSegments(segments);
        } else {
            servedBy.addAll(part.servedBy());
            part.finish().ifPresent(talkative -> {
                health.servedWrongContent(talkative.base(), descriptor.digest());
                throw wrong(talkative.display() + " sent more than the " + descriptor.size()
                        + " bytes that the manifest says");
            });
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

    private GantryException wrong(String problem) {
        return GantryException.of(ErrorKind.DATA_LOSS, action, problem)
                .withRemedy("try again, other mirrors then go first; if it stays so, the content there is damaged");
    }

    @Override
    public void close() {
        part.close();
        if (segments != null) {
            segments.close();
        }
    }
}
