package io.gantry.image.registry;

final class ResumingBlobStream extends BlobStream {
    @Override
    public long position() {
        return 0;
    }

    @Override
    public int reconnects() {
        return 0;
    }

    @Override
    public int read() {
        return -1;
    }

    @Override
    public void close() {}
}
