package io.gantry.pod.spec;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.MountEntry;
import io.gantry.platform.linux.MountInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;

/**
 * What mount sources are on the host. A source may lie on a network file system whose server is gone, where a look-up
 * never returns: look-ups run on a thread of their own and are given up after a while, so that such a mount fails its own
 * container and holds up no other.
 */
final class HostPaths {
    private final Path mountInfo;
    private final Duration patience;

    HostPaths() {
        this(Path.of("/proc/self/mountinfo"), Duration.ofSeconds(30));
    }

    HostPaths(Path mountInfo, Duration patience) {
        this.mountInfo = mountInfo;
        this.patience = patience;
    }

    /** Follows links of each source; one that does not exist has no entry. */
    Map<String, Path> resolve(SpecContext context, Collection<String> sources) throws InterruptedException {
        for (String source : sources) {
            if (!source.startsWith("/") || source.indexOf('\0') >= 0) {
                throw context.invalid("mount source '" + source + "' is not absolute");
            }
        }
        if (sources.isEmpty()) {
            return Map.of();
        }
        AtomicReference<String> current = new AtomicReference<>("");
        CompletableFuture<Map<String, Path>> result = new CompletableFuture<>();
        Thread.ofPlatform().daemon().name("mount-sources").start(() -> {
            try {
                Map<String, Path> resolved = new HashMap<>();
                for (String source : sources) {
                    current.set(source);
                    resolveOne(source, resolved);
                }
                result.complete(resolved);
            } catch (IOException | RuntimeException e) {
                result.completeExceptionally(e);
            }
        });
        try {
            return result.get(patience.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw GantryException.of(
                            ErrorKind.DEADLINE_EXCEEDED,
                            context.request().action(),
                            "the file system of mount source " + current.get() + " did not answer within "
                                    + patience.toSeconds() + " s")
                    .withRemedy("see whether its server is reachable from the node")
                    .causedBy(e);
        } catch (ExecutionException e) {
            throw context.unmet(
                            "mount source " + current.get() + " cannot be read: "
                                    + String.valueOf(e.getCause() == null ? e : e.getCause()),
                            "see that it is accessible on the node")
                    .causedBy(e);
        }
    }

    private static void resolveOne(String source, Map<String, Path> resolved) throws IOException {
        try {
            resolved.put(source, Path.of(source).toRealPath());
        } catch (NoSuchFileException e) {
            // No entry says so; the caller names the mount.
        }
    }

    /** Mounts made by the container reach the host only through a shared mount (mount_namespaces(7)). */
    void requireShared(SpecContext context, Path source) {
        MountEntry mount = mountOf(context, source);
        if (!mount.isShared()) {
            throw context.unmet(
                    "mount source " + source + " lies on " + mount.target()
                            + ", which is not a shared mount, so that propagation BIDIRECTIONAL cannot work",
                    "run 'mount --make-rshared " + mount.target() + "' on the node");
        }
    }

    /** Mounts of the host reach the container only through a shared or slave mount. */
    void requireSharedOrSlave(SpecContext context, Path source) {
        MountEntry mount = mountOf(context, source);
        if (!mount.isShared() && !mount.isSlave()) {
            throw context.unmet(
                    "mount source " + source + " lies on " + mount.target()
                            + ", which is neither a shared nor a slave mount, so that propagation HOST_TO_CONTAINER cannot"
                            + " work",
                    "run 'mount --make-rshared " + mount.target() + "' on the node");
        }
    }

    private MountEntry mountOf(SpecContext context, Path source) {
        List<MountEntry> mounts;
        try {
            mounts = MountInfo.parse(Files.readString(mountInfo));
        } catch (IOException e) {
            throw context.unmet("cannot read " + mountInfo + ": " + e.getMessage(), "mount /proc")
                    .causedBy(e);
        }
        MountEntry best = null;
        for (MountEntry mount : mounts) {
            // Of two at one path the later one is on top.
            if (source.startsWith(mount.target())
                    && (best == null
                            || mount.target().getNameCount() >= best.target().getNameCount())) {
                best = mount;
            }
        }
        if (best == null) {
            throw context.unmet("no mount holds " + source, "see /proc/self/mountinfo");
        }
        return best;
    }
}
