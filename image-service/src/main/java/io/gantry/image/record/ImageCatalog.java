package io.gantry.image.record;

import io.gantry.image.reference.Digest;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Corrupt;
import io.gantry.platform.storage.LoadResult;
import io.gantry.platform.storage.RecordStore;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The images that are complete. Readers see one moment's state and never wait; changes come one after the other. A tag
 * belongs to one image at a time: a pull that finds it moved takes it from the image that had it, which stays under its
 * other names and its id.
 */
public final class ImageCatalog {
    private static final Logger log = LoggerFactory.getLogger(ImageCatalog.class);

    private final RecordStore<ImageRecord> records;
    private final Object writing = new Object();
    private volatile CatalogIndex index;

    private ImageCatalog(RecordStore<ImageRecord> records, CatalogIndex index) {
        this.records = records;
        this.index = index;
    }

    /** Reads all records. Those that cannot be read are set aside by the record store, which logs them. */
    public static ImageCatalog open(Path directory) {
        RecordStore<ImageRecord> records = new RecordStore<>(directory, ImageRecord.class, ImageRecord.SCHEMA);
        LoadResult<ImageRecord> loaded = records.loadAll();
        for (Corrupt corrupt : loaded.corrupt()) {
            log.warn("image lost, pull it again: file={} problem=\"{}\"", corrupt.movedTo(), corrupt.problem());
        }
        List<StoredImage> images = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        // A crash between the two writes of a moved tag leaves it with both images: the later pull has it.
        loaded.records().values().stream()
                .sorted(Comparator.comparing(ImageRecord::pulledAt).reversed())
                .forEach(record -> {
                    try {
                        List<String> tags =
                                record.repoTags().stream().filter(taken::add).toList();
                        images.add(StoredImage.of(record.withNames(tags, record.repoDigests())));
                    } catch (GantryException e) {
                        log.warn("image left out: id={} error=\"{}\"", record.id(), e.getMessage());
                    }
                });
        return new ImageCatalog(records, new CatalogIndex(images));
    }

    public List<StoredImage> all() {
        return index.all();
    }

    /** See {@link CatalogIndex#find}. */
    public Optional<StoredImage> find(String text) {
        return index.find(text);
    }

    /** The layers of all images. */
    public Set<Digest> layers() {
        return index.all().stream().flatMap(image -> image.diffIds().stream()).collect(Collectors.toSet());
    }

    /**
     * Adds an image, or names to one that is there. On return it survives a power loss.
     *
     * @param fresh its names are those of one pull
     */
    public StoredImage add(ImageRecord fresh) {
        synchronized (writing) {
            CatalogIndex before = index;
            StoredImage there = before.byId(fresh.id());
            ImageRecord merged = there == null
                    ? fresh
                    : fresh.withNames(
                            union(there.record().repoTags(), fresh.repoTags()),
                            latest(there.record().repoDigests(), fresh.repoDigests()));
            StoredImage added = StoredImage.of(merged);
            if (there == null || !sameNames(there.record(), merged)) {
                records.putDurably(recordId(merged.id()), merged);
            }
            List<StoredImage> images = new ArrayList<>();
            images.add(added);
            for (StoredImage other : before.all()) {
                if (!other.record().id().equals(merged.id())) {
                    images.add(withoutNames(other, fresh));
                }
            }
            index = new CatalogIndex(images);
            return added;
        }
    }

    private static boolean sameNames(ImageRecord one, ImageRecord other) {
        return one.repoTags().equals(other.repoTags()) && one.repoDigests().equals(other.repoDigests());
    }

    private StoredImage withoutNames(StoredImage other, ImageRecord fresh) {
        ImageRecord record = other.record();
        ImageRecord rest = record.withNames(
                minus(record.repoTags(), fresh.repoTags()), minus(record.repoDigests(), fresh.repoDigests()));
        if (sameNames(record, rest)) {
            return other;
        }
        records.put(recordId(rest.id()), rest);
        return new StoredImage(rest, other.config());
    }

    private static List<String> union(List<String> first, List<String> second) {
        Set<String> all = new LinkedHashSet<>(first);
        all.addAll(second);
        return List.copyOf(all);
    }

    /** The fresh ones last, also those that were there before. */
    private static List<String> latest(List<String> before, List<String> fresh) {
        return union(minus(before, fresh), fresh);
    }

    private static List<String> minus(List<String> names, List<String> taken) {
        return names.stream().filter(name -> !taken.contains(name)).toList();
    }

    /** Forgets an image under all its names; one that is not there is no error. */
    public void remove(String id) {
        synchronized (writing) {
            records.remove(recordId(id));
            index = new CatalogIndex(index.all().stream()
                    .filter(image -> !image.record().id().equals(id))
                    .toList());
        }
    }

    private static String recordId(String imageId) {
        return imageId.replace(':', '-');
    }
}
