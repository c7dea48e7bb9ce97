package io.gantry.image.trust;

import io.gantry.image.budget.TransferMemory;
import io.gantry.image.pull.ImageSource;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Another source that gives nothing before what the name means has been let in. For one pull, to be closed when its image is
 * listed or the pull has failed.
 */
public final class TrustedSource implements ImageSource, AutoCloseable {
    private final ImageSource source;
    private final ImageTrust trust;
    private final ImageReference reference;
    private final SignatureStore signatures;
    private @Nullable Document resolved;
    private ImageTrust.@Nullable Admission admission;

    public TrustedSource(ImageSource source, ImageTrust trust, ImageReference reference, SignatureStore signatures) {
        this.source = source;
        this.trust = trust;
        this.reference = reference;
        this.signatures = signatures;
    }

    /** Asks once: what was judged is what is pulled, even when a tag moves meanwhile. */
    @Override
    public synchronized Document resolve() throws InterruptedException {
        if (resolved == null) {
            trust.requireNotRejected(reference);
            Document document = source.resolve();
            admission = trust.requirePullable(reference, document.descriptor(), signatures);
            resolved = document;
        }
        return resolved;
    }

    @Override
    public byte[] fetch(Descriptor descriptor) throws InterruptedException {
        return source.fetch(descriptor);
    }

    @Override
    public InputStream openBlob(Descriptor descriptor) throws InterruptedException {
        return source.openBlob(descriptor);
    }

    @Override
    public InputStream openBlob(Descriptor descriptor, TransferMemory memory) throws InterruptedException {
        return source.openBlob(descriptor, memory);
    }

    @Override
    public synchronized void close() {
        if (admission != null) {
            admission.close();
        }
    }
}
