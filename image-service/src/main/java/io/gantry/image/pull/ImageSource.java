package io.gantry.image.pull;

import io.gantry.image.budget.TransferMemory;
import io.gantry.image.spec.Descriptor;
import java.io.InputStream;

/** Where one image comes from. Errors are {@link io.gantry.platform.error.GantryException}s that name the source. */
public interface ImageSource {
    /** The manifest or index that the image's name means; its digest is checked. */
    Document resolve() throws InterruptedException;

    /** A manifest, index or config; digest and size are checked. */
    byte[] fetch(Descriptor descriptor) throws InterruptedException;

    /**
     * A blob from its first byte to its end. Reading fails with a GantryException when it is not all there, or not what
     * the descriptor says; {@code -1} is given only when size and digest are right. {@link InputStream#close()} from
     * another thread ends a blocked read.
     */
    InputStream openBlob(Descriptor descriptor) throws InterruptedException;

    /**
     * The same for a source that can go faster with more memory.
     *
     * @param memory stays open for as long as the stream
     */
    default InputStream openBlob(Descriptor descriptor, TransferMemory memory) throws InterruptedException {
        return openBlob(descriptor);
    }

    /**
     * A manifest or index.
     *
     * @param bytes not to be changed
     */
    @SuppressWarnings("ArrayRecordComponent") // compared by nobody
    record Document(Descriptor descriptor, byte[] bytes) {}
}
