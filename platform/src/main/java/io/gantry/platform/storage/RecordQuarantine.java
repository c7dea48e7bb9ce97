package io.gantry.platform.storage;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;

/** Where record files go that cannot be read: kept for people to look at, never read again. */
final class RecordQuarantine {
    static final String DIRECTORY = "corrupt";

    private RecordQuarantine() {}

    static Corrupt setAside(Path dir, Path file, String problem) {
        try {
            Path quarantine = Files.createDirectories(dir.resolve(DIRECTORY));
            String name = file.getFileName().toString();
            for (int i = 0; ; i++) {
                Path target = quarantine.resolve(i == 0 ? name : name + "." + i);
                if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
                    return new Corrupt(move(file, target), problem);
                }
            }
        } catch (IOException e) {
            return new Corrupt(file, problem + " (and it could not be set aside: " + e.getMessage() + ")");
        }
    }

    private static Path move(Path file, Path target) throws IOException {
        try {
            return Files.move(file, target);
        } catch (FileAlreadyExistsException e) {
            throw new IOException(target + " appeared meanwhile", e);
        }
    }
}
