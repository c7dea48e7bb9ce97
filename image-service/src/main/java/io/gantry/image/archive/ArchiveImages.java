package io.gantry.image.archive;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.gantry.image.pull.ImageSource;
import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.ImageConfigFile;
import io.gantry.image.spec.ImageIndex;
import io.gantry.image.spec.MediaTypes;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.FileErrors;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * The images in an OCI image layout (a directory, or a tar archive of one) or in an archive of {@code docker save}, plain
 * or compressed. Close when they have been read.
 *
 * @see <a href="https://github.com/opencontainers/image-spec/blob/main/image-layout.md">image-spec, image layout</a>
 */
public final class ArchiveImages implements AutoCloseable {
    static final String CONTAINERD_NAME = "io.containerd.image.name";
    static final String OCI_NAME = "org.opencontainers.image.ref.name";

    /**
     * An image of the archive.
     *
     * @param names what it is called; empty when the archive does not say
     */
    public record Found(ImageSource source, List<ImageReference> names, boolean hasManifest) {
        public Found {
            names = List.copyOf(names);
        }
    }

    /** One element of docker's {@code manifest.json}. */
    private record DockerImage(
            @JsonProperty("Config") @Nullable String config,
            @JsonProperty("RepoTags") @Nullable List<String> repoTags,
            @JsonProperty("Layers") @Nullable List<String> layers) {}

    private final ArchiveFiles files;
    private final String action;

    private ArchiveImages(ArchiveFiles files, String action) {
        this.files = files;
        this.action = action;
    }

    /**
     * Opens an archive.
     *
     * @param scratch where a compressed archive is inflated to
     * @param maxBytes longest archive that is inflated
     * @throws GantryException NOT_FOUND when there is no such file, DATA_LOSS when it is no readable archive
     */
    public static ArchiveImages open(Path path, Path scratch, long maxBytes) throws InterruptedException {
        String action = "import images from " + path;
        try {
            ArchiveFiles files =
                    Files.isDirectory(path) ? new DirectoryFiles(path) : TarFiles.open(path, scratch, maxBytes);
            return new ArchiveImages(files, action);
        } catch (java.nio.file.FileSystemException e) {
            throw FileErrors.during(action, e);
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.DATA_LOSS, action, String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
    }

    /**
     * Takes an archive, plain or compressed, from a stream that can be read once: it goes to a file without a name first,
     * since the documents that say what the layers are come last in many archives.
     *
     * @param in read to its end, not closed
     * @param origin where it comes from, for errors: {@code "standard input"}
     * @param scratch where the file is made
     * @param maxBytes longest archive that is accepted, inflated
     * @throws GantryException DATA_LOSS when it is no readable archive
     */
    public static ArchiveImages receive(InputStream in, String origin, Path scratch, long maxBytes)
            throws InterruptedException {
        String action = "import images from " + origin;
        try {
            return new ArchiveImages(TarFiles.receive(in, scratch, maxBytes), action);
        } catch (java.nio.file.FileSystemException e) {
            throw FileErrors.during(action, e);
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.DATA_LOSS, action, String.valueOf(e.getMessage()))
                    .causedBy(e);
        }
    }

    /** What is being done, for errors. */
    public String action() {
        return action;
    }

    /**
     * The images, in the order of the archive.
     *
     * @throws GantryException DATA_LOSS when the archive has neither form, or its documents are wrong
     */
    public List<Found> list() {
        if (has("index.json")) {
            return ociImages();
        }
        if (has("manifest.json")) {
            return dockerImages();
        }
        throw GantryException.of(ErrorKind.DATA_LOSS, action, "it has neither index.json nor manifest.json")
                .withRemedy("give an OCI image layout or what 'docker save' wrote");
    }

    private boolean has(String name) {
        try {
            return files.size(name) >= 0;
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    private byte[] document(String name) {
        try (InputStream in = files.open(name)) {
            if (in == null) {
                throw GantryException.of(ErrorKind.NOT_FOUND, action, "the archive has no file " + name);
            }
            byte[] bytes = in.readNBytes((int) ArchiveSource.MAX_DOCUMENT_BYTES + 1);
            if (bytes.length > ArchiveSource.MAX_DOCUMENT_BYTES) {
                throw GantryException.of(ErrorKind.DATA_LOSS, action, name + " is too long for a document");
            }
            return bytes;
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.DATA_LOSS, action, name + ": " + e.getMessage())
                    .causedBy(e);
        }
    }

    private List<Found> ociImages() {
        ImageIndex index = ImageIndex.parse(document("index.json"), "index.json");
        // Several tags of one image are several entries with one digest.
        Map<Digest, List<ImageReference>> names = new LinkedHashMap<>();
        Map<Digest, Descriptor> tops = new HashMap<>();
        for (Descriptor entry : index.manifests()) {
            tops.putIfAbsent(entry.digest(), entry);
            List<ImageReference> known = names.computeIfAbsent(entry.digest(), _ -> new ArrayList<>());
            ImageReference name = name(entry.annotations());
            if (name != null) {
                known.add(name);
            }
        }
        List<Found> found = new ArrayList<>();
        names.forEach((digest, references) -> found.add(new Found(
                new ArchiveSource(files, Objects.requireNonNull(tops.get(digest)), Map.of(), Map.of(), action),
                references,
                true)));
        return found;
    }

    /** A full name; {@code ref.name} alone is often only a tag, which names nothing. */
    private static @Nullable ImageReference name(Map<String, String> annotations) {
        String name = annotations.get(CONTAINERD_NAME);
        if (name == null) {
            String refName = annotations.getOrDefault(OCI_NAME, "");
            name = refName.contains("/") || refName.contains(":") ? refName : null;
        }
        try {
            return name == null ? null : ImageReference.parse(name);
        } catch (GantryException _) {
            return null;
        }
    }

    private List<Found> dockerImages() {
        DockerImage[] images;
        try {
            images = Json.mapper().readValue(document("manifest.json"), DockerImage[].class);
        } catch (JacksonException e) {
            throw GantryException.of(ErrorKind.DATA_LOSS, action, "manifest.json is wrong: " + e.getOriginalMessage())
                    .causedBy(e);
        }
        return Arrays.stream(images).map(this::dockerImage).toList();
    }

    /** Docker's archive has no manifest of the registry's form: one is made, whose layer digests are the diffIDs. */
    private Found dockerImage(@Nullable DockerImage image) {
        if (image == null || image.config() == null || image.layers() == null) {
            throw GantryException.of(
                    ErrorKind.DATA_LOSS, action, "manifest.json has an image without Config or Layers");
        }
        byte[] configBytes = document(image.config());
        ImageConfigFile config = ImageConfigFile.parse(configBytes, image.config());
        if (config.diffIds().size() != image.layers().size()) {
            throw GantryException.of(
                    ErrorKind.DATA_LOSS,
                    action,
                    "manifest.json has " + image.layers().size() + " layers, " + image.config() + " has "
                            + config.diffIds().size());
        }
        Map<Digest, byte[]> documents = new HashMap<>();
        Map<Digest, String> blobNames = new HashMap<>();
        Descriptor configDescriptor =
                Descriptor.of(MediaTypes.DOCKER_CONFIG, Digest.ofSha256(configBytes), configBytes.length);
        documents.put(configDescriptor.digest(), configBytes);
        StringBuilder layers = new StringBuilder();
        for (int i = 0; i < image.layers().size(); i++) {
            Digest diffId = config.diffIds().get(i);
            String name = image.layers().get(i);
            blobNames.put(diffId, name);
            layers.append(layers.isEmpty() ? "" : ",")
                    .append(json(Descriptor.of(MediaTypes.DOCKER_LAYER, diffId, size(name))));
        }
        byte[] manifest = ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.DOCKER_MANIFEST + "\",\"config\":"
                        + json(configDescriptor) + ",\"layers\":[" + layers + "]}")
                .getBytes(StandardCharsets.UTF_8);
        Descriptor top = Descriptor.of(MediaTypes.DOCKER_MANIFEST, Digest.ofSha256(manifest), manifest.length);
        documents.put(top.digest(), manifest);
        List<ImageReference> names = image.repoTags() == null
                ? List.of()
                : image.repoTags().stream().map(ImageReference::parse).toList();
        return new Found(new ArchiveSource(files, top, documents, blobNames, action), names, false);
    }

    private long size(String name) {
        try {
            long size = files.size(name);
            if (size < 0) {
                throw GantryException.of(ErrorKind.NOT_FOUND, action, "the archive has no file " + name);
            }
            return size;
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }

    private static String json(Descriptor descriptor) {
        return "{\"mediaType\":\"" + descriptor.mediaType() + "\",\"size\":" + descriptor.size() + ",\"digest\":\""
                + descriptor.digest() + "\"}";
    }

    @Override
    public void close() {
        try {
            files.close();
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }
}
