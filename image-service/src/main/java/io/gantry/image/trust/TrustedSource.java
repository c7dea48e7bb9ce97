package io.gantry.image.trust;

import io.gantry.image.budget.TransferMemory;
import io.gantry.image.pull.ImageSource;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/** Another source that gives nothing before what the name means has been let in. For one pull. */
public final class TrustedSource implements ImageSource {
    private final ImageSource source;
    private final ImageTrust trust;
    private final ImageReference reference;
    private final SignatureStore signatures;
    private @Nullable Document resolved;
    private @Nullable TrustRule rule;

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
            Document document = source.resolve();
            rule = trust.requirePullable(reference, document.descriptor(), signatures);
            resolved = document;
        }
        return resolved;
    }

    /** To be called when the image is listed: a removal in between may have taken what was recorded of it. */
    public synchronized void listed() {
        if (resolved != null && rule != null) {
            trust.accepted(reference.repoDigest(resolved.descriptor().digest()), rule);
        }
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
}
