package io.gantry.image.trust;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Files that were read together, and whether they are still what they were. Filled by one thread, then safe for all. */
final class ReadFiles {
    /** Another one when a file was written to, or another one took its place. */
    private static final String STATE = "unix:dev,ino,size,lastModifiedTime,ctime";

    private final Map<Path, Map<String, Object>> states = new LinkedHashMap<>();

    byte[] read(Path file) throws IOException {
        // Looked at before it is read: what changes in between counts as changed.
        states.put(file, Files.readAttributes(file, STATE));
        return Files.readAllBytes(file);
    }

    /** @throws IOException when one is gone */
    boolean areUnchanged() throws IOException {
        for (Map.Entry<Path, Map<String, Object>> file : states.entrySet()) {
            if (!Files.readAttributes(file.getKey(), STATE).equals(file.getValue())) {
                return false;
            }
        }
        return true;
    }
}
