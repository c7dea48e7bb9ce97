package io.gantry.image.testing;

import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.MediaTypes;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** An image made in memory: its blobs by digest, and the manifest or index that its name means. */
public final class TestImage {
    /** How documents and layers are written. */
    public enum Flavor {
        DOCKER,
        OCI
    }

    private final Map<Digest, byte[]> blobs = new LinkedHashMap<>();
    private final Map<Digest, byte[]> manifests = new LinkedHashMap<>();
    private final List<Descriptor> layers = new ArrayList<>();
    private final List<Digest> diffIds = new ArrayList<>();
    private final Flavor flavor;
    private String architecture = "amd64";
    private String user = "";
    private String extraConfig = "";
    private Descriptor top = Descriptor.of("", Digest.ofSha256(new byte[0]), 0);
    private Digest config = Digest.ofSha256(new byte[0]);

    public TestImage(Flavor flavor) {
        this.flavor = flavor;
    }

    public static TestImage oci() {
        return new TestImage(Flavor.OCI);
    }

    public static TestImage docker() {
        return new TestImage(Flavor.DOCKER);
    }

    public TestImage architecture(String name) {
        architecture = name;
        return this;
    }

    public TestImage user(String name) {
        user = name;
        return this;
    }

    /** Makes the config, and so the id, another one. */
    public TestImage label(String value) {
        extraConfig = ",\"Labels\":{\"test\":\"" + value + "\"}";
        return this;
    }

    public TestImage gzipLayer(byte[] tar) {
        return layer(
                tar,
                Compressed.gzip(tar),
                flavor == Flavor.OCI ? MediaTypes.OCI_LAYER_GZIP : MediaTypes.DOCKER_LAYER_GZIP);
    }

    public TestImage zstdLayer(byte[] tar) {
        return layer(
                tar,
                Compressed.zstd(tar),
                flavor == Flavor.OCI ? MediaTypes.OCI_LAYER_ZSTD : MediaTypes.DOCKER_LAYER_ZSTD);
    }

    public TestImage plainLayer(byte[] tar) {
        return layer(tar, tar, flavor == Flavor.OCI ? MediaTypes.OCI_LAYER : MediaTypes.DOCKER_LAYER);
    }

    /** A layer whose blob is any bytes at all. */
    public TestImage layer(byte[] tar, byte[] blob, String mediaType) {
        layers.add(add(blobs, mediaType, blob));
        diffIds.add(Digest.ofSha256(tar));
        return this;
    }

    /** Claims a diffID for the last layer that is not its own. */
    public TestImage withWrongDiffId() {
        diffIds.set(diffIds.size() - 1, Digest.ofSha256("wrong".getBytes(StandardCharsets.UTF_8)));
        return this;
    }

    /** Writes config and manifest. */
    public TestImage build() {
        StringBuilder ids = new StringBuilder();
        diffIds.forEach(id ->
                ids.append(ids.isEmpty() ? "" : ",").append('"').append(id).append('"'));
        String document = "{\"architecture\":\"" + architecture + "\",\"os\":\"linux\",\"config\":{\"User\":\"" + user
                + "\",\"Cmd\":[\"/bin/sh\"],\"Env\":[\"A=b\"]" + extraConfig
                + "},\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[" + ids + "]}}";
        Descriptor configDescriptor =
                add(blobs, flavor == Flavor.OCI ? MediaTypes.OCI_CONFIG : MediaTypes.DOCKER_CONFIG, bytes(document));
        config = configDescriptor.digest();
        StringBuilder list = new StringBuilder();
        layers.forEach(layer -> list.append(list.isEmpty() ? "" : ",").append(json(layer)));
        return manifest("{\"schemaVersion\":2,\"mediaType\":\"" + manifestType() + "\",\"config\":"
                + json(configDescriptor) + ",\"layers\":[" + list + "]}");
    }

    /** Changes the manifest's text. */
    public TestImage editManifest(UnaryOperator<String> edit) {
        byte[] bytes = manifests.remove(top.digest());
        return manifest(edit.apply(new String(bytes == null ? new byte[0] : bytes, StandardCharsets.UTF_8)));
    }

    private TestImage manifest(String document) {
        top = add(manifests, manifestType(), bytes(document));
        return this;
    }

    private String manifestType() {
        return flavor == Flavor.OCI ? MediaTypes.OCI_MANIFEST : MediaTypes.DOCKER_MANIFEST;
    }

    /** An index of images, each for its own architecture. */
    public static TestImage index(Flavor flavor, TestImage... images) {
        TestImage index = new TestImage(flavor);
        StringBuilder list = new StringBuilder();
        for (TestImage image : images) {
            index.blobs.putAll(image.blobs);
            index.manifests.putAll(image.manifests);
            String entry = json(image.top);
            list.append(list.isEmpty() ? "" : ",").append(entry, 0, entry.length() - 1);
            list.append(",\"platform\":{\"os\":\"linux\",\"architecture\":\"" + image.architecture + "\"}}");
        }
        return index.indexDocument(list.toString());
    }

    /** An index with any entries. */
    public TestImage indexDocument(String entries) {
        String type = flavor == Flavor.OCI ? MediaTypes.OCI_INDEX : MediaTypes.DOCKER_INDEX;
        top = add(
                manifests,
                type,
                bytes("{\"schemaVersion\":2,\"mediaType\":\"" + type + "\",\"manifests\":[" + entries + "]}"));
        return this;
    }

    private static Descriptor add(Map<Digest, byte[]> to, String mediaType, byte[] content) {
        Digest digest = Digest.ofSha256(content);
        to.put(digest, content);
        return Descriptor.of(mediaType, digest, content.length);
    }

    /** A descriptor as JSON. */
    public static String json(Descriptor descriptor) {
        return "{\"mediaType\":\"" + descriptor.mediaType() + "\",\"digest\":\"" + descriptor.digest() + "\",\"size\":"
                + descriptor.size() + "}";
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    public Map<Digest, byte[]> blobs() {
        return blobs;
    }

    public Map<Digest, byte[]> manifests() {
        return manifests;
    }

    /** What the image's name means. */
    public Descriptor top() {
        return top;
    }

    public List<Descriptor> layers() {
        return layers;
    }

    public List<Digest> diffIds() {
        return diffIds;
    }

    /** {@code sha256:…} of the config. */
    public String id() {
        return config.toString();
    }
}
