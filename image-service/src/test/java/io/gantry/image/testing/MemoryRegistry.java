package io.gantry.image.testing;

import io.gantry.image.pull.ImageSource;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Images by name, served from memory with the checks that every {@link ImageSource} makes, and faults on demand. */
public final class MemoryRegistry {
    private final Map<String, TestImage> images = new ConcurrentHashMap<>();
    private final Map<Digest, byte[]> served = new ConcurrentHashMap<>();
    private final ConcurrentMap<Digest, AtomicInteger> opened = new ConcurrentHashMap<>();
    private final Map<Digest, Gate> gates = new ConcurrentHashMap<>();
    private final AtomicInteger resolves = new AtomicInteger();

    /** Where a transfer waits. */
    public interface Gate {
        /** Called before each read, with the bytes given so far. */
        void pass(long position) throws InterruptedException;
    }

    public void put(String name, TestImage image) {
        images.put(ImageReference.parse(name).canonical(), image);
    }

    /** Serves other bytes than those that have the digest. */
    public void corrupt(Digest digest, byte[] content) {
        served.put(digest, content);
    }

    public void heal(Digest digest) {
        served.remove(digest);
        gates.remove(digest);
    }

    public void gate(Digest digest, Gate gate) {
        gates.put(digest, gate);
    }

    /** How often a blob was opened. */
    public int opened(Digest digest) {
        AtomicInteger count = opened.get(digest);
        return count == null ? 0 : count.get();
    }

    public int resolves() {
        return resolves.get();
    }

    public ImageSource source(ImageReference reference) {
        return new Source(reference);
    }

    private static GantryException problem(ErrorKind kind, String what, String problem) {
        return GantryException.of(kind, "fetch " + what, problem);
    }

    private final class Source implements ImageSource {
        private final ImageReference reference;

        Source(ImageReference reference) {
            this.reference = reference;
        }

        private TestImage image() {
            TestImage image = images.get(reference.canonical());
            if (image == null && reference.digest() != null) {
                image = images.values().stream()
                        .filter(candidate -> candidate.top().digest().equals(reference.digest()))
                        .findFirst()
                        .orElse(null);
            }
            if (image == null) {
                throw problem(ErrorKind.NOT_FOUND, reference.canonical(), "no such image");
            }
            return image;
        }

        @Override
        public Document resolve() {
            resolves.incrementAndGet();
            Descriptor top = image().top();
            return new Document(top, checked(top, image().manifests().get(top.digest())));
        }

        @Override
        public byte[] fetch(Descriptor descriptor) {
            byte[] manifest = image().manifests().get(descriptor.digest());
            return checked(
                    descriptor, manifest != null ? manifest : image().blobs().get(descriptor.digest()));
        }

        private byte[] checked(Descriptor descriptor, byte @Nullable [] content) {
            byte[] bytes = served.getOrDefault(descriptor.digest(), content == null ? new byte[0] : content);
            if (content == null) {
                throw problem(ErrorKind.NOT_FOUND, descriptor.digest().toString(), "no such content");
            }
            if (!Digest.ofSha256(bytes).equals(descriptor.digest())) {
                throw problem(ErrorKind.DATA_LOSS, descriptor.digest().toString(), "wrong digest served");
            }
            return bytes;
        }

        @Override
        public InputStream openBlob(Descriptor descriptor) {
            opened.computeIfAbsent(descriptor.digest(), _ -> new AtomicInteger())
                    .incrementAndGet();
            byte[] content = served.getOrDefault(
                    descriptor.digest(), image().blobs().getOrDefault(descriptor.digest(), new byte[0]));
            return new CheckedStream(descriptor, content, gates.getOrDefault(descriptor.digest(), _ -> {}));
        }
    }

    /** Checks size and digest at the end, as a registry's stream does; close() ends a wait at the gate. */
    private static final class CheckedStream extends FilterInputStream {
        private final Descriptor descriptor;
        private final Gate gate;
        private final MessageDigest hash;
        private long position;
        private volatile boolean closed;
        private volatile Thread reader = Thread.currentThread();

        CheckedStream(Descriptor descriptor, byte[] content, Gate gate) {
            super(new ByteArrayInputStream(content));
            this.descriptor = descriptor;
            this.gate = gate;
            this.hash = descriptor.digest().newHash();
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            reader = Thread.currentThread();
            try {
                gate.pass(position);
            } catch (InterruptedException e) {
                throw new java.io.InterruptedIOException("interrupted");
            }
            if (closed) {
                throw new IOException("closed");
            }
            int count = super.read(target, offset, Math.min(length, 1000));
            if (count > 0) {
                hash.update(target, offset, count);
                position += count;
                return count;
            }
            if (position != descriptor.size()
                    || !Digest.ofHash(descriptor.digest().algorithm(), hash.digest())
                            .equals(descriptor.digest())) {
                throw problem(ErrorKind.DATA_LOSS, descriptor.digest().toString(), "wrong digest served");
            }
            return -1;
        }

        @Override
        public void close() {
            closed = true;
            if (reader != Thread.currentThread()) {
                reader.interrupt();
            }
        }
    }
}
