package io.gantry.image.pack;

import io.gantry.image.layer.Layer;
import io.gantry.image.reference.Digest;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.storage.AtomicFiles;
import io.gantry.platform.storage.Durability;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Seals of layers, each in {@code seal.json} beside the layer's files. A diffID cannot be computed again from files, so
 * the digest of the stream that Gantry makes of them stands for their contents and attributes.
 */
public final class LayerSeals {
    private static final String FILE = "seal.json";

    private final Syscalls syscalls;

    public LayerSeals(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /** The seal of a layer, empty when it has none that can be read. */
    public Optional<LayerSeal> find(Layer layer) {
        return Optional.ofNullable(read(file(layer)));
    }

    private static @Nullable LayerSeal read(Path file) {
        try {
            LayerSeal seal = Json.mapper().readValue(Files.readAllBytes(file), LayerSeal.class);
            Digest.parse(seal.tarDigest());
            return seal.schema() == LayerSeal.SCHEMA ? seal : null;
        } catch (IOException | RuntimeException _) {
            return null;
        }
    }

    /**
     * The seal of a layer, made and written now when it has none: reads all its files; blocks, so on a platform thread.
     *
     * @throws LayerDamagedException when the layer's files are damaged
     * @throws IOException when the seal cannot be written
     * @throws GantryException when the layer cannot be read for another reason
     */
    public LayerSeal findOrMake(Layer layer) throws IOException, InterruptedException {
        Optional<LayerSeal> there = find(layer);
        if (there.isPresent()) {
            return there.get();
        }
        LayerSeal seal = compute(layer);
        AtomicFiles.write(file(layer), Json.mapper().writeValueAsBytes(seal), Durability.CRASH);
        return seal;
    }

    /**
     * What the seal would be if it were made now.
     *
     * @throws LayerDamagedException when the layer's files are damaged
     * @throws GantryException when the layer cannot be read for another reason
     */
    public LayerSeal compute(Layer layer) throws IOException, InterruptedException {
        HashingSink sink = new HashingSink();
        LayerTar.write(syscalls, layer, sink);
        String digest =
                Digest.ofHash(Digest.Algorithm.SHA256, sink.hash.digest()).toString();
        return new LayerSeal(LayerSeal.SCHEMA, digest, sink.bytes, Instant.now());
    }

    private static Path file(Layer layer) {
        return layer.files().resolveSibling(FILE);
    }

    private static final class HashingSink extends OutputStream {
        final MessageDigest hash = Digest.Algorithm.SHA256.newHash();
        long bytes;

        @Override
        public void write(int b) {
            hash.update((byte) b);
            bytes++;
        }

        @Override
        public void write(byte[] data, int offset, int length) {
            hash.update(data, offset, length);
            bytes += length;
        }
    }
}
