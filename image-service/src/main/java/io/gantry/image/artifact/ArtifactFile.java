package io.gantry.image.artifact;

import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A blob of an artifact as a file.
 *
 * @param path where it is in the volume: from the annotation {@code org.opencontainers.image.title}, else the hexadecimal
 *     digits of its digest
 */
record ArtifactFile(Descriptor blob, String path) {
    private static final String TITLE = "org.opencontainers.image.title";
    private static final int MAX_NAME_BYTES = 255;
    private static final int MAX_DEPTH = 32;

    /**
     * @param action for errors
     * @throws GantryException INVALID_ARGUMENT when its title is no path below the volume's root
     */
    static ArtifactFile of(Descriptor blob, String action) {
        String title = blob.annotations().getOrDefault(TITLE, "");
        return new ArtifactFile(blob, title.isEmpty() ? blob.digest().hex() : path(title, action));
    }

    private static String path(String title, String action) {
        List<String> parts = new ArrayList<>(List.of(title.split("/", -1)));
        boolean bad = parts.size() > MAX_DEPTH
                || parts.stream()
                        .anyMatch(part -> part.isEmpty()
                                || part.equals(".")
                                || part.equals("..")
                                || part.indexOf('\0') >= 0
                                || part.getBytes(StandardCharsets.UTF_8).length > MAX_NAME_BYTES);
        if (bad) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT,
                    action,
                    "a file of the artifact has a title that is no path below the volume's root");
        }
        return String.join("/", parts);
    }

    /** Stands for a diffID: nothing else has it, and the same file of another artifact has the same. */
    Digest key() {
        String text = "gantry artifact file\n" + blob.digest() + "\n" + path;
        return Digest.ofSha256(text.getBytes(StandardCharsets.UTF_8));
    }
}
