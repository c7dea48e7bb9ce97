package io.gantry.image.layer;

import io.gantry.image.reference.Digest;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * All paths of the layer store:
 *
 * <pre>
 * NAME/fs            the layer's files
 * NAME/layer.json    its record
 * NAME/unsynced      boot id, until a syncfs has brought the layer to the disk
 * .new-*             layers being unpacked
 * .gone-*            layers being deleted
 * </pre>
 *
 * NAME is the shortest free beginning of the diffID's hexadecimal digits: overlayfs gets the names of all layers of an
 * image in one mount option.
 */
final class LayerDirectory {
    static final String STAGING = ".new-";
    static final String GONE = ".gone-";

    private static final int[] NAME_LENGTHS = {12, 20, 32};

    private final Path directory;

    LayerDirectory(Path directory) {
        this.directory = directory;
    }

    Path path() {
        return directory;
    }

    Path of(String name) {
        return directory.resolve(name);
    }

    static Path files(Path layer) {
        return layer.resolve("fs");
    }

    static Path record(Path layer) {
        return layer.resolve("layer.json");
    }

    static Path unsynced(Path layer) {
        return layer.resolve("unsynced");
    }

    /** A name for a layer that is not taken. */
    static String freeName(Digest diffId, Predicate<String> taken) {
        for (int length : NAME_LENGTHS) {
            String name = diffId.hex().substring(0, length);
            if (!taken.test(name)) {
                return name;
            }
        }
        return diffId.algorithm().wireName() + "-" + diffId.hex();
    }

    /** The record in a layer's directory, or null when there is none that can be read. */
    static @Nullable LayerRecord read(Path layer) {
        try {
            LayerRecord record = Json.mapper().readValue(Files.readAllBytes(record(layer)), LayerRecord.class);
            boolean valid =
                    record.schema() == LayerRecord.SCHEMA && record.bytes() >= 0 && Files.isDirectory(files(layer));
            Digest.parse(record.diffId());
            return valid ? record : null;
        } catch (IOException | RuntimeException _) {
            return null;
        }
    }

    /** Which boot of the machine wrote a layer that no syncfs has covered yet; null when one has. */
    static @Nullable String unsyncedBoot(Path layer) {
        try {
            return Files.readString(unsynced(layer)).strip();
        } catch (java.nio.file.NoSuchFileException _) {
            return null;
        } catch (IOException _) {
            return "";
        }
    }
}
