package io.gantry.image.archive;

import io.gantry.image.pull.ImageSource;
import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.security.MessageDigest;
import java.util.Map;

/**
 * One image of an archive.
 *
 * @param top what the image's name means
 * @param documents documents that are not files of the archive, by digest
 * @param blobNames names of files whose digest is not in their name, by digest
 * @param action for errors: {@code "import images from /tmp/a.tar"}
 */
record ArchiveSource(
        ArchiveFiles files, Descriptor top, Map<Digest, byte[]> documents, Map<Digest, String> blobNames, String action)
        implements ImageSource {
    static final long MAX_DOCUMENT_BYTES = 8 << 20;

    @Override
    public Document resolve() {
        return new Document(top, fetch(top));
    }

    @Override
    public byte[] fetch(Descriptor descriptor) {
        byte[] made = documents.get(descriptor.digest());
        if (made != null) {
            return made;
        }
        if (descriptor.size() > MAX_DOCUMENT_BYTES) {
            throw problem(descriptor.digest() + " has " + descriptor.size() + " bytes, more than a document may have");
        }
        try (InputStream in = openBlob(descriptor)) {
            return in.readAllBytes();
        } catch (IOException e) {
            throw problem(descriptor.digest() + " cannot be read: " + e.getMessage())
                    .causedBy(e);
        }
    }

    @Override
    public InputStream openBlob(Descriptor descriptor) {
        Digest digest = descriptor.digest();
        String name =
                blobNames.getOrDefault(digest, "blobs/" + digest.algorithm().wireName() + "/" + digest.hex());
        try {
            InputStream in = files.open(name);
            if (in == null) {
                throw GantryException.of(ErrorKind.NOT_FOUND, action, "the archive has no file " + name)
                        .withRemedy("save the image again, with all its layers");
            }
            return new CheckedStream(in, descriptor);
        } catch (IOException e) {
            throw problem(name + " cannot be read: " + e.getMessage()).causedBy(e);
        }
    }

    private GantryException problem(String text) {
        return GantryException.of(ErrorKind.DATA_LOSS, action, text);
    }

    /** Fails at the end, or as soon as it is too long, when content is not what the descriptor says. */
    private final class CheckedStream extends FilterInputStream {
        private final Descriptor descriptor;
        private final MessageDigest hash;
        private long count;
        private volatile boolean closed;

        CheckedStream(InputStream in, Descriptor descriptor) {
            super(in);
            this.descriptor = descriptor;
            this.hash = descriptor.digest().newHash();
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] target, int offset, int length) throws IOException {
            if (closed) {
                throw new IOException("closed");
            }
            int read = super.read(target, offset, length);
            if (read > 0) {
                hash.update(target, offset, read);
                count += read;
            }
            if (count > descriptor.size() || read < 0 && count < descriptor.size()) {
                throw problem(descriptor.digest() + " has not the " + descriptor.size() + " bytes it should have");
            }
            if (read < 0) {
                Digest actual = Digest.ofHash(descriptor.digest().algorithm(), hash.digest());
                if (!actual.equals(descriptor.digest())) {
                    throw problem("content of " + descriptor.digest() + " has the digest " + actual);
                }
            }
            return read;
        }

        @Override
        public void close() throws IOException {
            closed = true;
            super.close();
        }
    }
}
