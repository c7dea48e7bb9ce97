package io.gantry.e2e.faults;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/**
 * An image of gzip layers with one incompressible file each.
 *
 * @param manifest as it is served
 * @param blobs config and layers by digest
 * @param layers digests of the layers, lowest first
 */
public record FaultImage(byte[] manifest, Map<String, byte[]> blobs, List<String> layers) {
    public static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
    private static final String CONFIG = "application/vnd.oci.image.config.v1+json";

    /** Layers of these many bytes; the same size and seed give the same layer, whatever the image. */
    public static FaultImage of(int seed, int... layerBytes) {
        List<byte[]> tars = new ArrayList<>();
        for (int bytes : layerBytes) {
            tars.add(tar(seed, bytes));
        }
        return of(tars, tars.stream().map(FaultImage::digest).toList());
    }

    /** An image whose config promises other contents than its layer has. */
    public static FaultImage withWrongDiffId(int seed, int layerBytes) {
        return of(List.of(tar(seed, layerBytes)), List.of("sha256:" + "0".repeat(64)));
    }

    /** An image whose layer, digest and all, is damaged gzip. */
    public static FaultImage withDamagedLayer(int seed, int layerBytes) {
        byte[] tar = tar(seed, layerBytes);
        byte[] blob = gzip(tar);
        Arrays.fill(blob, blob.length / 2, blob.length / 2 + 64, (byte) 0xFF);
        return assemble(List.of(digest(tar)), List.of(blob));
    }

    private static FaultImage of(List<byte[]> tars, List<String> diffIds) {
        return assemble(diffIds, tars.stream().map(FaultImage::gzip).toList());
    }

    private static FaultImage assemble(List<String> diffIds, List<byte[]> layers) {
        Map<String, byte[]> blobs = new LinkedHashMap<>();
        StringBuilder descriptors = new StringBuilder();
        for (byte[] layer : layers) {
            blobs.put(digest(layer), layer);
            descriptors.append(descriptors.isEmpty() ? "" : ",").append(descriptor(LAYER, layer));
        }
        List<String> layerDigests = layers.stream().map(FaultImage::digest).toList();
        byte[] config = bytes(
                "{\"architecture\":\"%s\",\"os\":\"linux\",\"config\":{},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[%s]}}"
                        .formatted(architecture(), "\"" + String.join("\",\"", diffIds) + "\""));
        blobs.put(digest(config), config);
        byte[] manifest = bytes("{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
                .formatted(MANIFEST, descriptor(CONFIG, config), descriptors));
        return new FaultImage(manifest, blobs, layerDigests);
    }

    private static String descriptor(String type, byte[] content) {
        return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}".formatted(type, digest(content), content.length);
    }

    private static String architecture() {
        return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    }

    /** Digest of the only layer. */
    public String layer() {
        return layers.getFirst();
    }

    /** Bytes of the only layer. */
    public byte[] layerBytes() {
        return Objects.requireNonNull(blobs.get(layer()));
    }

    private static byte[] tar(int seed, int bytes) {
        byte[] header = new byte[512];
        put(header, 0, "file-" + seed + "-" + bytes);
        put(header, 100, "0000644");
        put(header, 108, "0000000");
        put(header, 116, "0000000");
        put(header, 124, "%011o".formatted(bytes));
        put(header, 136, "00000000000");
        put(header, 148, "        ");
        header[156] = '0';
        put(header, 257, "ustar\00000");
        int sum = 0;
        for (byte b : header) {
            sum += b & 0xFF;
        }
        put(header, 148, "%06o\0 ".formatted(sum));
        byte[] content = new byte[(bytes + 511) / 512 * 512];
        byte[] data = new byte[bytes];
        new Random(seed).nextBytes(data);
        System.arraycopy(data, 0, content, 0, bytes);
        ByteArrayOutputStream tar = new ByteArrayOutputStream();
        tar.writeBytes(header);
        tar.writeBytes(content);
        tar.writeBytes(new byte[1024]);
        return tar.toByteArray();
    }

    private static void put(byte[] header, int at, String text) {
        byte[] bytes = bytes(text);
        System.arraycopy(bytes, 0, header, at, bytes.length);
    }

    private static byte[] gzip(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** The digest of some bytes as descriptors have it. */
    public static String digest(byte[] content) {
        try {
            return "sha256:"
                    + HexFormat.of()
                            .formatHex(MessageDigest.getInstance("SHA-256").digest(content));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("digest content: this JDK has no SHA-256", e);
        }
    }
}
