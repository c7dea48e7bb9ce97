package io.gantry.e2e.bench.images;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * A layer in a file.
 *
 * @param size of the file in bytes
 */
record PackedLayer(String diffId, String digest, long size, String mediaType, Path blob) {
    /** Makes and packs a layer; gzip with level 6 and zstd with level 3, as image builders do. */
    static PackedLayer pack(PullImage image, int seed, Path directory) throws IOException, InterruptedException {
        Path blob = directory.resolve(seed + (image.zstd() ? ".zst" : ".gz"));
        MessageDigest plain = sha256();
        if (image.zstd()) {
            Process zstd = new ProcessBuilder("zstd", "-q", "-f", "-3", "-T1", "-o", blob.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            write(image, seed, plain, zstd.getOutputStream());
            if (zstd.waitFor() != 0) {
                throw new IOException("compress layer " + seed + ": zstd ended with " + zstd.exitValue());
            }
        } else {
            write(image, seed, plain, new Gzip(Files.newOutputStream(blob)));
        }
        String type = "application/vnd.oci.image.layer.v1.tar+" + (image.zstd() ? "zstd" : "gzip");
        return new PackedLayer(digest(plain), digestOf(blob), Files.size(blob), type, blob);
    }

    private static void write(PullImage image, int seed, MessageDigest plain, OutputStream target) throws IOException {
        try (OutputStream out = new BufferedOutputStream(
                new DigestOutputStream(new BufferedOutputStream(target, 1 << 16), plain), 1 << 16)) {
            new SyntheticTar(out).write("srv/layer-" + seed, seed, image.layerBytes(), image.mix());
        }
    }

    private static String digestOf(Path file) throws IOException {
        MessageDigest hash = sha256();
        try (OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), hash)) {
            Files.copy(file, out);
        }
        return digest(hash);
    }

    static String digestOf(byte[] content) {
        MessageDigest hash = sha256();
        hash.update(content);
        return digest(hash);
    }

    private static String digest(MessageDigest hash) {
        return "sha256:" + HexFormat.of().formatHex(hash.digest());
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("digest a layer: this JDK has no SHA-256", e);
        }
    }

    /** Level 6 whatever the JDK's default is. */
    private static final class Gzip extends GZIPOutputStream {
        Gzip(OutputStream out) throws IOException {
            super(out, 1 << 16);
            def.setLevel(Deflater.DEFAULT_COMPRESSION);
        }
    }
}
