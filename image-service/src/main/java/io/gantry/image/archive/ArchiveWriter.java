package io.gantry.image.archive;

import io.gantry.image.layer.Layer;
import io.gantry.image.pack.LayerDamagedException;
import io.gantry.image.pack.LayerSeal;
import io.gantry.image.pack.LayerSeals;
import io.gantry.image.pack.LayerTar;
import io.gantry.image.pack.TarWriter;
import io.gantry.image.record.ImageRecord;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Writes images into one archive. The same images give the same bytes. No compressed copy of a layer is kept, so layers
 * are made anew from their files and go in uncompressed; where the stream is not the one that a layer once came in, the
 * config gets the new diffID, and with it the image a new id.
 */
public final class ArchiveWriter {
    /**
     * An image to be written.
     *
     * @param layers lowest first, one for each diffID of the config
     * @param names full names with tags
     */
    public record Source(ImageRecord record, List<Layer> layers, List<String> names) {
        public Source {
            layers = List.copyOf(layers);
            names = List.copyOf(names);
        }
    }

    private record Packed(byte[] config, Digest configDigest, List<LayerSeal> layers) {}

    private final Syscalls syscalls;
    private final LayerSeals seals;

    public ArchiveWriter(Syscalls syscalls, LayerSeals seals) {
        this.syscalls = syscalls;
        this.seals = seals;
    }

    /**
     * Writes a whole archive; blocks, so on a platform thread.
     *
     * @param out stays open
     * @return the images in the given order
     * @throws LayerDamagedException when a layer's files are not what they were
     * @throws IOException when it cannot be written
     */
    public List<ExportedImage> write(List<Source> images, ArchiveFormat format, OutputStream out)
            throws IOException, InterruptedException {
        List<Packed> packed = new ArrayList<>();
        for (Source image : images) {
            packed.add(pack(image));
        }
        List<ExportedImage> exported = new ArrayList<>();
        try (TarWriter tar = new TarWriter(out)) {
            switch (format) {
                case OCI -> oci(images, packed, tar);
                case DOCKER -> docker(images, packed, tar);
            }
        }
        for (int i = 0; i < images.size(); i++) {
            exported.add(new ExportedImage(
                    images.get(i).record().id(),
                    packed.get(i).configDigest().toString(),
                    images.get(i).names()));
        }
        return exported;
    }

    private Packed pack(Source image) throws IOException, InterruptedException {
        List<LayerSeal> layers = new ArrayList<>();
        for (Layer layer : image.layers()) {
            layers.add(seals.findOrMake(layer));
        }
        String config = image.record().config();
        List<String> diffIds = layers.stream().map(LayerSeal::tarDigest).toList();
        List<String> recorded =
                image.layers().stream().map(layer -> layer.record().diffId()).toList();
        byte[] document =
                (diffIds.equals(recorded) ? config : withDiffIds(config, diffIds)).getBytes(StandardCharsets.UTF_8);
        return new Packed(document, Digest.ofSha256(document), layers);
    }

    private static String withDiffIds(String config, List<String> diffIds) {
        ObjectNode document = (ObjectNode) Json.mapper().readTree(config);
        JsonNode rootfs = document.get("rootfs");
        ArrayNode list = ((ObjectNode) rootfs).putArray("diff_ids");
        diffIds.forEach(list::add);
        return Json.mapper().writeValueAsString(document);
    }

    private void oci(List<Source> images, List<Packed> packed, TarWriter tar) throws IOException, InterruptedException {
        List<Object> entries = new ArrayList<>();
        Map<Digest, byte[]> documents = new LinkedHashMap<>();
        for (int i = 0; i < images.size(); i++) {
            Packed image = packed.get(i);
            byte[] manifest = manifest(image, images.get(i).record());
            Digest digest = Digest.ofSha256(manifest);
            documents.put(digest, manifest);
            documents.put(image.configDigest(), image.config());
            List<String> names = images.get(i).names();
            for (String name : names.isEmpty() ? nothing() : names) {
                entries.add(entry(digest, manifest.length, name));
            }
        }
        tar.file("oci-layout", json(Map.of("imageLayoutVersion", "1.0.0")));
        Map<String, Object> index = new LinkedHashMap<>();
        index.put("schemaVersion", 2);
        index.put("mediaType", MediaTypes.OCI_INDEX);
        index.put("manifests", entries);
        tar.file("index.json", json(index));
        tar.begin(TarWriter.Member.directory("blobs/"));
        tar.begin(TarWriter.Member.directory("blobs/sha256/"));
        for (Map.Entry<Digest, byte[]> document : documents.entrySet()) {
            tar.file("blobs/sha256/" + document.getKey().hex(), document.getValue());
        }
        layers(images, packed, tar, digest -> "blobs/sha256/" + digest.hex());
    }

    /** One entry without a name. */
    private static List<@Nullable String> nothing() {
        List<@Nullable String> one = new ArrayList<>();
        one.add(null);
        return one;
    }

    private static Map<String, Object> entry(Digest manifest, long size, @Nullable String name) {
        Map<String, Object> entry = descriptor(Descriptor.of(MediaTypes.OCI_MANIFEST, manifest, size));
        if (name != null) {
            Map<String, Object> annotations = new LinkedHashMap<>();
            annotations.put(ArchiveImages.CONTAINERD_NAME, name);
            String tag = ImageReference.parse(name).tag();
            annotations.put(ArchiveImages.OCI_NAME, tag == null ? name : tag);
            entry.put("annotations", annotations);
        }
        return entry;
    }

    private static byte[] manifest(Packed image, ImageRecord record) {
        Map<String, Object> manifest = new LinkedHashMap<>();
        manifest.put("schemaVersion", 2);
        manifest.put("mediaType", MediaTypes.OCI_MANIFEST);
        manifest.put(
                "config",
                descriptor(Descriptor.of(MediaTypes.OCI_CONFIG, image.configDigest(), image.config().length)));
        manifest.put(
                "layers",
                image.layers().stream()
                        .map(layer -> descriptor(
                                Descriptor.of(MediaTypes.OCI_LAYER, Digest.parse(layer.tarDigest()), layer.tarBytes())))
                        .toList());
        if (!record.annotations().isEmpty()) {
            manifest.put("annotations", new java.util.TreeMap<>(record.annotations()));
        }
        return json(manifest);
    }

    private static Map<String, Object> descriptor(Descriptor of) {
        Map<String, Object> descriptor = new LinkedHashMap<>();
        descriptor.put("mediaType", of.mediaType());
        descriptor.put("digest", of.digest().toString());
        descriptor.put("size", of.size());
        return descriptor;
    }

    private void docker(List<Source> images, List<Packed> packed, TarWriter tar)
            throws IOException, InterruptedException {
        List<Object> list = new ArrayList<>();
        Set<Digest> written = new HashSet<>();
        for (int i = 0; i < images.size(); i++) {
            Packed image = packed.get(i);
            String config = image.configDigest().hex() + ".json";
            if (written.add(image.configDigest())) {
                tar.file(config, image.config());
            }
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("Config", config);
            entry.put("RepoTags", images.get(i).names());
            entry.put(
                    "Layers",
                    image.layers().stream()
                            .map(layer -> dockerName(Digest.parse(layer.tarDigest())))
                            .toList());
            list.add(entry);
        }
        tar.file("manifest.json", json(list));
        layers(images, packed, tar, ArchiveWriter::dockerName);
    }

    private static String dockerName(Digest layer) {
        return layer.hex() + ".tar";
    }

    private interface Naming {
        String of(Digest layer);
    }

    private void layers(List<Source> images, List<Packed> packed, TarWriter tar, Naming naming)
            throws IOException, InterruptedException {
        Set<String> written = new HashSet<>();
        for (int i = 0; i < images.size(); i++) {
            List<Layer> layers = images.get(i).layers();
            for (int j = 0; j < layers.size(); j++) {
                LayerSeal seal = packed.get(i).layers().get(j);
                if (written.add(seal.tarDigest())) {
                    layer(layers.get(j), seal, naming, tar);
                }
            }
        }
    }

    private void layer(Layer layer, LayerSeal seal, Naming naming, TarWriter tar)
            throws IOException, InterruptedException {
        Digest digest = Digest.parse(seal.tarDigest());
        tar.begin(TarWriter.Member.file(naming.of(digest), seal.tarBytes()));
        MemberSink sink = new MemberSink(tar, digest.newHash());
        LayerTar.write(syscalls, layer, sink);
        Digest actual = Digest.ofHash(digest.algorithm(), sink.hash.digest());
        if (!actual.equals(digest)) {
            throw new LayerDamagedException(
                    "the files of layer " + layer.record().diffId() + " are not what they were at " + seal.sealedAt()
                            + "; 'gantry image verify' says more");
        }
    }

    private static byte[] json(Object document) {
        return Json.mapper().writeValueAsBytes(document);
    }

    /** A layer's stream as the content of one member of the archive. */
    private static final class MemberSink extends OutputStream {
        private final TarWriter tar;
        private final MessageDigest hash;

        MemberSink(TarWriter tar, MessageDigest hash) {
            this.tar = tar;
            this.hash = hash;
        }

        @Override
        public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] data, int offset, int length) throws IOException {
            hash.update(data, offset, length);
            tar.data(data, offset, length);
        }
    }
}
