package io.gantry.e2e.images;

import io.gantry.e2e.process.Command;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPOutputStream;

/**
 * One layer of an image, packed.
 *
 * @param diffId digest of the tar
 * @param digest digest of the gzip, as pulled
 * @param blob the gzip
 */
@SuppressWarnings("ArrayRecordComponent") // packed once, written once, never compared
record Layer(String diffId, String digest, byte[] blob) {

    /** Packs a directory so that equal content gives equal bytes: sorted names, one time, root as owner. */
    static Layer pack(Path directory) throws IOException, InterruptedException {
        Path tar = Files.createTempFile("gantry-layer", ".tar");
        try {
            Command.of(
                            "tar",
                            "--sort=name",
                            "--mtime=2026-01-01 00:00:00Z",
                            "--owner=0",
                            "--group=0",
                            "--numeric-owner",
                            "--format=pax",
                            "--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime",
                            "-cf",
                            tar.toString(),
                            "-C",
                            directory.toString(),
                            ".")
                    .run();
            byte[] content = Files.readAllBytes(tar);
            ByteArrayOutputStream packed = new ByteArrayOutputStream();
            try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
                gzip.write(content);
            }
            byte[] blob = packed.toByteArray();
            return new Layer(Digests.of(content), Digests.of(blob), blob);
        } finally {
            Files.deleteIfExists(tar);
        }
    }
}
