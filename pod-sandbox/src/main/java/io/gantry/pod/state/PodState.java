package io.gantry.pod.state;

import io.gantry.platform.storage.Corrupt;
import io.gantry.platform.storage.RecordStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The sandboxes and containers that exist, and where their files are. */
public final class PodState {
    private static final int SCHEMA = 1;

    private final PodPaths paths;
    private final RecordTable<PodSandbox> sandboxes;
    private final RecordTable<Container> containers;

    public PodState(PodPaths paths) {
        this.paths = paths;
        this.sandboxes = new RecordTable<>(new RecordStore<>(paths.sandboxRecords(), PodSandbox.class, SCHEMA));
        this.containers = new RecordTable<>(new RecordStore<>(paths.containerRecords(), Container.class, SCHEMA));
    }

    /**
     * Reads all records.
     *
     * @return those set aside because they could not be read
     */
    public List<Corrupt> load() {
        List<Corrupt> corrupt = new ArrayList<>(sandboxes.load());
        corrupt.addAll(containers.load());
        return corrupt;
    }

    public PodPaths paths() {
        return paths;
    }

    public RecordTable<PodSandbox> sandboxes() {
        return sandboxes;
    }

    public RecordTable<Container> containers() {
        return containers;
    }

    /** The containers of a sandbox, in no order. */
    public List<Container> containersOf(String sandboxId) {
        return containers.all().stream()
                .filter(container -> container.sandboxId().equals(sandboxId))
                .toList();
    }

    /** The sandbox of that id, or the only one whose id starts so. */
    public Optional<PodSandbox> findSandbox(String idOrPrefix) {
        return sandboxes
                .find(idOrPrefix)
                .or(() -> onlyOne(
                        sandboxes.all().stream()
                                .filter(sandbox -> sandbox.id().startsWith(idOrPrefix))
                                .toList(),
                        idOrPrefix));
    }

    /** The container of that id, or the only one whose id starts so. */
    public Optional<Container> findContainer(String idOrPrefix) {
        return containers
                .find(idOrPrefix)
                .or(() -> onlyOne(
                        containers.all().stream()
                                .filter(container -> container.id().startsWith(idOrPrefix))
                                .toList(),
                        idOrPrefix));
    }

    private static <T> Optional<T> onlyOne(List<T> candidates, String prefix) {
        return candidates.size() == 1 && !prefix.isEmpty() ? Optional.of(candidates.getFirst()) : Optional.empty();
    }
}
