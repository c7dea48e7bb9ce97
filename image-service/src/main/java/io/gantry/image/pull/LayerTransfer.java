package io.gantry.image.pull;

import io.gantry.image.budget.TransferMemory;
import io.gantry.image.codec.BufferPool;
import io.gantry.image.codec.ChunkPipe;
import io.gantry.image.codec.HashingFeed;
import io.gantry.image.codec.LayerCompression;
import io.gantry.image.codec.LayerDecoder;
import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.extract.LayerContents;
import io.gantry.image.extract.LayerTooLargeException;
import io.gantry.image.extract.TarException;
import io.gantry.image.extract.TarExtractor;
import io.gantry.image.reference.Digest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.ErrnoException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way of one layer in one pass: a thread reads the blob (whose stream checks size and digest), a second inflates, a
 * third hashes the tar stream, a fourth unpacks it. Two small rings of buffers between them are all the memory it takes. The
 * threads are platform threads: they compute, and wait in system calls.
 */
final class LayerTransfer {
    /** The buffers of all transfers. */
    record Buffers(BufferPool compressed, BufferPool inflated) {
        static Buffers create() {
            return new Buffers(new BufferPool(COMPRESSED_BYTES), new BufferPool(INFLATED_BYTES));
        }
    }

    private static final int COMPRESSED_RING = 4;
    private static final int INFLATED_RING = 6;
    private static final int COMPRESSED_BYTES = 64 << 10;
    private static final int INFLATED_BYTES = 256 << 10;
    /** What one transfer holds from its start to its end: both rings, the blob stream's buffers, decoder and stacks. */
    static final long MEMORY = COMPRESSED_RING * COMPRESSED_BYTES + INFLATED_RING * INFLATED_BYTES + (1 << 20);

    private final InputStream blob;
    private final TarExtractor extractor;
    private final ExtractionLimits limits;
    private final Digest diffId;
    private final int root;
    private final String action;
    private final TransferMemory memory;
    private final ChunkPipe compressed;
    private final ChunkPipe inflated;
    private final ChunkPipe hashed;

    private volatile boolean cancelled;
    /** Whether a damaged stream is read on, to find out whether the registry or the image is to blame. */
    private volatile boolean checkBlob;

    private volatile @Nullable Throwable readFailure;
    private volatile @Nullable Throwable inflateFailure;
    private volatile @Nullable Throwable hashFailure;
    private volatile @Nullable Throwable extractFailure;
    private volatile @Nullable Digest actualDiffId;
    private volatile @Nullable LayerContents contents;

    /**
     * @param blob closed by this object
     * @param root descriptor of the directory to unpack into
     * @param action for errors: {@code "pull layer sha256:… of docker.io/library/busybox:1"}
     */
    private LayerTransfer(
            InputStream blob,
            TarExtractor extractor,
            ExtractionLimits limits,
            Digest diffId,
            int root,
            String action,
            TransferMemory memory,
            ChunkPipe compressed,
            ChunkPipe inflated) {
        this.blob = blob;
        this.extractor = extractor;
        this.limits = limits;
        this.diffId = diffId;
        this.root = root;
        this.action = action;
        this.memory = memory;
        this.compressed = compressed;
        this.inflated = inflated;
        this.hashed = new ChunkPipe(inflated);
    }

    /**
     * Runs the pipeline to its end.
     *
     * @return what was unpacked; digest and size of the blob and the diffID are right
     * @throws GantryException DATA_LOSS when something is not what it must be, RESOURCE_EXHAUSTED beyond the limits or on
     *     a full disk, or what the blob's stream threw; the directory is half filled then
     * @throws InterruptedException when interrupted; all threads have ended
     */
    static LayerContents run(
            InputStream blob,
            TarExtractor extractor,
            ExtractionLimits limits,
            Digest diffId,
            int root,
            Buffers buffers,
            TransferMemory memory,
            String action)
            throws InterruptedException {
        List<ByteBuffer> small = buffers.compressed().take(COMPRESSED_RING);
        List<ByteBuffer> large = buffers.inflated().take(INFLATED_RING);
        try {
            return new LayerTransfer(
                            blob,
                            extractor,
                            limits,
                            diffId,
                            root,
                            action,
                            memory,
                            new ChunkPipe(small),
                            new ChunkPipe(large))
                    .run();
        } finally {
            buffers.compressed().giveBack(small);
            buffers.inflated().giveBack(large);
        }
    }

    private LayerContents run() throws InterruptedException {
        List<Thread> threads = List.of(
                stage("read", this::read),
                stage("inflate", this::inflate),
                stage("hash", this::hash),
                stage("extract", this::extract));
        threads.forEach(Thread::start);
        boolean interrupted = false;
        for (Thread thread : threads) {
            while (true) {
                try {
                    thread.join();
                    break;
                } catch (InterruptedException e) {
                    interrupted = true;
                    cancelled = true;
                    closeBlob();
                    threads.forEach(Thread::interrupt);
                }
            }
        }
        closeBlob();
        if (interrupted) {
            throw new InterruptedException("interrupted while pulling layer " + diffId);
        }
        return result();
    }

    private Thread stage(String name, Runnable work) {
        return Thread.ofPlatform()
                .name("gantry-" + name + "-" + diffId.shortHex())
                .daemon(true)
                .unstarted(work);
    }

    private void read() {
        byte[] piece = new byte[32 << 10];
        try {
            boolean more = true;
            while (more) {
                ByteBuffer buffer = compressed.empty();
                while (more && buffer.hasRemaining()) {
                    int count = blob.read(piece, 0, Math.min(piece.length, buffer.remaining()));
                    more = count >= 0;
                    if (more) {
                        buffer.put(piece, 0, count);
                    }
                }
                compressed.put(buffer);
            }
            compressed.finish();
        } catch (ChunkPipe.AbandonedException e) {
            readOn(piece);
        } catch (InterruptedException e) {
            compressed.fail(new IOException("interrupted", e));
        } catch (Throwable e) {
            readFailure = e;
            compressed.fail(new IOException("the blob broke off", e));
        }
    }

    private void readOn(byte[] piece) {
        try {
            while (checkBlob && !cancelled && blob.read(piece) >= 0) {
                // only for the digest
            }
        } catch (IOException | RuntimeException e) {
            readFailure = e;
        }
        closeBlob();
    }

    private void inflate() {
        try (LayerDecoder decoder = LayerCompression.open(compressed, memory)) {
            boolean more = true;
            while (more) {
                ByteBuffer buffer = inflated.empty();
                more = decoder.decode(buffer);
                inflated.put(buffer);
            }
            inflated.finish();
        } catch (ChunkPipe.AbandonedException e) {
            compressed.abandon();
        } catch (Throwable e) {
            inflateFailure = e;
            checkBlob |= e instanceof IOException;
            inflated.fail(new IOException("the stream broke off", e));
            compressed.abandon();
        }
    }

    private void hash() {
        MessageDigest hash = diffId.newHash();
        long count = 0;
        try {
            for (ByteBuffer buffer = inflated.take(); buffer != null; buffer = inflated.take()) {
                count += buffer.remaining();
                if (count > limits.maxBytes()) {
                    throw new HashingFeed.StreamTooLongException(limits.maxBytes());
                }
                hash.update(buffer.duplicate());
                hashed.pass(buffer);
            }
            actualDiffId = Digest.ofHash(diffId.algorithm(), hash.digest());
            hashed.finish();
        } catch (ChunkPipe.AbandonedException e) {
            inflated.abandon();
        } catch (Throwable e) {
            hashFailure = e;
            hashed.fail(new IOException("the stream broke off", e));
            inflated.abandon();
        }
    }

    private void extract() {
        try {
            LayerContents unpacked = extractor.extract(hashed, root);
            if (!diffId.equals(actualDiffId)) {
                throw new TarException(
                        "its contents have the diffID " + actualDiffId + ", the image's config says " + diffId);
            }
            contents = unpacked;
        } catch (Throwable e) {
            extractFailure = e;
            checkBlob |= e instanceof TarException;
            hashed.abandon();
        }
    }

    private void closeBlob() {
        try {
            blob.close();
        } catch (IOException _) {
            // nothing more is wanted from it
        }
    }

    /** The first stage that failed by itself says what is wrong; those behind it only saw their input end. */
    private LayerContents result() {
        throwIfFailed(readFailure);
        throwIfFailed(inflateFailure);
        throwIfFailed(hashFailure);
        throwIfFailed(extractFailure);
        LayerContents unpacked = contents;
        if (unpacked == null) {
            throw GantryException.of(ErrorKind.INTERNAL, action, "the pipeline ended without a result");
        }
        return unpacked;
    }

    private void throwIfFailed(@Nullable Throwable failure) {
        switch (failure) {
            case null -> {}
            case GantryException e -> throw e;
            case ErrnoException e -> throw e.during(action);
            case LayerTooLargeException e -> throw tooLarge(e);
            case HashingFeed.StreamTooLongException e -> throw tooLarge(e);
            case IOException e ->
                throw GantryException.of(ErrorKind.DATA_LOSS, action, message(e))
                        .causedBy(e);
            case InterruptedException e ->
                throw GantryException.of(ErrorKind.CANCELLED, action, "interrupted")
                        .causedBy(e);
            case Throwable e ->
                throw GantryException.of(ErrorKind.INTERNAL, action, e.toString())
                        .causedBy(e);
        }
    }

    private GantryException tooLarge(IOException e) {
        return GantryException.of(ErrorKind.RESOURCE_EXHAUSTED, action, message(e))
                .withRemedy("if the image is right, raise the limit in the [images] section of the configuration")
                .causedBy(e);
    }

    private static String message(Throwable e) {
        return e.getMessage() == null ? e.toString() : e.getMessage();
    }
}
