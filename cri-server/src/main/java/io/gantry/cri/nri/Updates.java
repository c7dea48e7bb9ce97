package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.ContainerEviction;
import io.gantry.cri.nri.proto.ContainerUpdate;
import io.gantry.cri.nri.proto.LinuxResources;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.pod.plugin.PodAccess;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The changes of existing containers that the plugins want in the course of one request, merged. */
final class Updates {
    private static final Logger log = LoggerFactory.getLogger(Updates.class);

    private final Owners owners;
    private final Map<String, ContainerUpdate> merged = new LinkedHashMap<>();

    Updates(Owners owners) {
        this.owners = owners;
    }

    /** @throws GantryException when another plugin has set something of it */
    void add(PluginName plugin, List<ContainerUpdate> updates) {
        for (ContainerUpdate update : updates) {
            LinuxResources resources = update.getLinux().getResources();
            try {
                new Claims(owners, update.getContainerId(), plugin).claim(resources);
            } catch (GantryException e) {
                if (update.getIgnoreFailure()) {
                    log.debug("NRI plugin's update is left out: plugin={} error=\"{}\"", plugin, e.getMessage());
                    continue;
                }
                throw e;
            }
            merged.merge(update.getContainerId(), update, Updates::merge);
        }
    }

    private static ContainerUpdate merge(ContainerUpdate first, ContainerUpdate second) {
        // Both must be able to fail for the result to be.
        return first.toBuilder()
                .mergeFrom(second)
                .setIgnoreFailure(first.getIgnoreFailure() && second.getIgnoreFailure())
                .build();
    }

    /** What is wanted of one container, taken out; nothing when nobody wants anything of it. */
    LinuxResources take(String container) {
        ContainerUpdate update = merged.remove(container);
        return update == null
                ? LinuxResources.getDefaultInstance()
                : update.getLinux().getResources();
    }

    boolean concern(String container) {
        return merged.containsKey(container);
    }

    List<ContainerUpdate> all() {
        return List.copyOf(merged.values());
    }

    /** Makes the changes. @throws GantryException for the first one that fails and must not; others are still made */
    void apply(PodAccess access) throws InterruptedException {
        GantryException first = null;
        for (ContainerUpdate update : merged.values()) {
            try {
                apply(access, update);
            } catch (GantryException e) {
                log.warn(
                        "NRI update failed: container={} ignored={} error=\"{}\"",
                        update.getContainerId(),
                        update.getIgnoreFailure(),
                        e.getMessage());
                if (!update.getIgnoreFailure() && first == null) {
                    first = e;
                }
            }
        }
        if (first != null) {
            throw first;
        }
    }

    /** Makes each change. @return those that failed and should not have */
    static List<ContainerUpdate> applyAll(PodAccess access, Collection<ContainerUpdate> updates)
            throws InterruptedException {
        List<ContainerUpdate> failed = new ArrayList<>();
        for (ContainerUpdate update : updates) {
            try {
                apply(access, update);
            } catch (GantryException e) {
                log.warn("NRI update failed: container={} error=\"{}\"", update.getContainerId(), e.getMessage());
                if (!update.getIgnoreFailure()) {
                    failed.add(update);
                }
            }
        }
        return failed;
    }

    private static void apply(PodAccess access, ContainerUpdate update) throws InterruptedException {
        LinuxResources resources = update.getLinux().getResources();
        requireChangeable(resources, update.getContainerId());
        access.update(update.getContainerId(), ResourceJson.change(resources));
    }

    /** What can only be set in a new container. */
    static void requireChangeable(LinuxResources resources, String container) {
        LinuxAdjustment.requireNoBlockIoClass(resources);
        if (resources.hasRdtClass() && !resources.getRdtClass().getValue().isEmpty()) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION,
                    "update resources of container " + container,
                    "its RDT class can be set only while it is created");
        }
    }

    /** Stops containers beside whatever goes on. */
    static void evict(PodAccess access, PluginName plugin, List<ContainerEviction> evictions) {
        for (ContainerEviction eviction : evictions) {
            log.info(
                    "NRI plugin evicts a container: plugin={} container={} reason=\"{}\"",
                    plugin,
                    eviction.getContainerId(),
                    eviction.getReason());
            var unused = Thread.ofVirtual().name("nri-evict").start(() -> {
                try {
                    access.evict(eviction.getContainerId());
                } catch (GantryException e) {
                    log.warn("eviction failed: container={} error=\"{}\"", eviction.getContainerId(), e.getMessage());
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }
}
