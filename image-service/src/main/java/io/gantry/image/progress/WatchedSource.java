package io.gantry.image.progress;

import io.gantry.image.budget.TransferMemory;
import io.gantry.image.pull.ImageSource;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.ImageManifest;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.error.GantryException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;

/** Another source whose blobs are counted as they are read. */
public record WatchedSource(ImageSource source, PullProgress progress) implements ImageSource {
    @Override
    public Document resolve() throws InterruptedException {
        Document document = source.resolve();
        plan(document.descriptor(), document.bytes());
        return document;
    }

    @Override
    public byte[] fetch(Descriptor descriptor) throws InterruptedException {
        byte[] bytes = source.fetch(descriptor);
        plan(descriptor, bytes);
        return bytes;
    }

    private void plan(Descriptor descriptor, byte[] bytes) {
        if (MediaTypes.isManifest(descriptor.mediaType())) {
            try {
                progress.plan(ImageManifest.parse(bytes, "manifest " + descriptor.digest())
                        .layers());
            } catch (GantryException _) {
                // whoever asked for it reads it too, and says what is wrong with it
            }
        }
    }

    @Override
    public InputStream openBlob(Descriptor descriptor) throws InterruptedException {
        return watched(source.openBlob(descriptor), descriptor);
    }

    @Override
    public InputStream openBlob(Descriptor descriptor, TransferMemory memory) throws InterruptedException {
        return watched(source.openBlob(descriptor, memory), descriptor);
    }

    private InputStream watched(InputStream blob, Descriptor descriptor) {
        progress.opened(descriptor, 0);
        return new FilterInputStream(blob) {
            @Override
            public int read() throws IOException {
                byte[] one = new byte[1];
                return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
            }

            @Override
            public int read(byte[] target, int offset, int length) throws IOException {
                int count = in.read(target, offset, length);
                if (count < 0) {
                    progress.ended(descriptor);
                } else {
                    progress.received(descriptor, count);
                }
                return count;
            }
        };
    }
}
