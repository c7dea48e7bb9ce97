package io.gantry.image.record;

import io.gantry.image.reference.Digest;
import io.gantry.image.spec.ImageConfigFile;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** An image with its config read. */
public record StoredImage(ImageRecord record, ImageConfigFile config) {
    static StoredImage of(ImageRecord record) {
        byte[] document = record.config().getBytes(StandardCharsets.UTF_8);
        return new StoredImage(record, ImageConfigFile.parse(document, "config of image " + record.id()));
    }

    /** The layers, lowest first. */
    public List<Digest> diffIds() {
        return config.diffIds();
    }
}
