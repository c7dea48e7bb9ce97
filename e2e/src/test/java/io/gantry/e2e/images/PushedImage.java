package io.gantry.e2e.images;

/**
 * One reference in the local registry.
 *
 * @param repository path without host
 * @param tag the tag
 * @param manifestDigest digest of what the tag points at (manifest or index)
 * @param configDigest the image id
 */
public record PushedImage(String repository, String tag, String manifestDigest, String configDigest) {

    String toLine() {
        return String.join("\t", repository, tag, manifestDigest, configDigest);
    }

    static PushedImage ofLine(String line) {
        String[] fields = line.split("\t", -1);
        if (fields.length != 4) {
            throw new IllegalArgumentException("read the list of test images: not four fields: " + line);
        }
        return new PushedImage(fields[0], fields[1], fields[2], fields[3]);
    }
}
