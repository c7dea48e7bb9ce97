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
import java.util.stream.Collectors;
import java.util.zip.GZIPOutputStream;

/**
 * An image of gzip layers, with one incompressible file each unless a test brings its own.
 *
 * @param manifest as it is served
 * @param blobs config and layers by digest
 * @param layers digests of the layers, lowest first
 */
public record FaultImage(byte[] manifest, Map<String, byte[]> blobs, List<String> layers) {
    public static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";
    private static final String LAYER = "application/vnd.oci.image.layer.v1.tar+gzip";
    static final String CONFIG = "application/vnd.oci.image.config.v1+json";

    /** Layers of these many bytes; the same size and seed give the same layer, whatever the image. */
    public static FaultImage of(int seed, int... layerBytes) {
        List<byte[]> tars = new ArrayList<>();
        for (int bytes : layerBytes) {
            tars.add(tar(seed, bytes));
        }
        return of(tars, tars.stream().map(FaultImage::digest).toList());
    }

    /** An image of these tar archives, lowest first. */
    public static FaultImage ofTars(byte[]... tars) {
        return of(List.of(tars), Arrays.stream(tars).map(FaultImage::digest).toList());
    }

    /** An artifact of one file that is no layer. */
    public static FaultImage artifact(String type, String name, byte[] content) {
        byte[] empty = bytes("{}");
        byte[] manifest =
                bytes("{\"schemaVersion\":2,\"mediaType\":\"%s\",\"artifactType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
                        .formatted(
                                MANIFEST,
                                type,
                                descriptor("application/vnd.oci.empty.v1+json", empty),
                                descriptor("application/octet-stream", content)
                                        .replace(
                                                "}",
                                                ",\"annotations\":{\"org.opencontainers.image.title\":\"" + name
                                                        + "\"}}")));
        return new FaultImage(
                manifest, Map.of(digest(empty), empty, digest(content), content), List.of(digest(content)));
    }

    /** An image whose config promises other contents than its layer has. */
    public static FaultImage withWrongDiffId(int seed, int layerBytes) {
        return of(List.of(tar(seed, layerBytes)), List.of("sha256:" + "0".repeat(64)));
    }

    /** An image whose layer is said to be gzip and is not compressed. */
    public static FaultImage withPlainLayer(int seed, int layerBytes) {
        byte[] tar = tar(seed, layerBytes);
        return assemble(List.of(digest(tar)), List.of(tar));
    }

    /** An image whose layer, digest and all, is damaged gzip. */
    public static FaultImage withDamagedLayer(int seed, int layerBytes) {
        byte[] tar = tar(seed, layerBytes);
        byte[] blob = gzip(tar);
        Arrays.fill(blob, blob.length / 2, blob.length / 2 + 64, (byte) 0xFF);
        return assemble(List.of(digest(tar)), List.of(blob));
    }

    /** A sound image of one layer of that content. */
    public static FaultImage ofLayer(byte[] tar, Map<String, String> annotations) {
        return assemble(List.of(digest(tar)), List.of(gzip(tar)), annotations);
    }

    private static FaultImage of(List<byte[]> tars, List<String> diffIds) {
        return assemble(diffIds, tars.stream().map(FaultImage::gzip).toList());
    }

    private static FaultImage assemble(List<String> diffIds, List<byte[]> layers) {
        return assemble(diffIds, layers, Map.of());
    }

    private static FaultImage assemble(List<String> diffIds, List<byte[]> layers, Map<String, String> annotations) {
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
        String notes = annotations.entrySet().stream()
                .map(note -> "\"%s\":\"%s\"".formatted(note.getKey(), note.getValue()))
                .collect(Collectors.joining(","));
        byte[] manifest =
                bytes("{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s],\"annotations\":{%s}}"
                        .formatted(MANIFEST, descriptor(CONFIG, config), descriptors, notes));
        return new FaultImage(manifest, blobs, layerDigests);
    }

    static String descriptor(String type, byte[] content) {
        return "{\"mediaType\":\"%s\",\"digest\":\"%s\",\"size\":%d}".formatted(type, digest(content), content.length);
    }

    private static String architecture() {
        return System.getProperty("os.arch").equals("aarch64") ? "arm64" : "amd64";
    }

    /** The image's id. */
    public String id() {
        return blobs.keySet().stream()
                .filter(digest -> !layers.contains(digest))
                .findFirst()
                .orElseThrow();
    }

    /** Digest of the only layer. */
    public String layer() {
        return layers.getFirst();
    }

    /** Bytes of the only layer. */
    public byte[] layerBytes() {
        return bytesOf(layer());
    }

    /** Bytes of a layer or of the config. */
    public byte[] bytesOf(String digest) {
        return Objects.requireNonNull(blobs.get(digest), digest);
    }

    private static byte[] tar(int seed, int bytes) {
        byte[] data = new byte[bytes];
        new Random(seed).nextBytes(data);
        return new Tar().file("file-" + seed + "-" + bytes, data).build();
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
