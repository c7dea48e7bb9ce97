package io.gantry.image.snapshot;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Mounts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the layers of one snapshot are stacked. */
final class OverlayMounts {
    private static final Logger log = LoggerFactory.getLogger(OverlayMounts.class);

    private final Mounts mounts;
    private volatile boolean volatileUppers;

    OverlayMounts(Mounts mounts, boolean volatileUppers) {
        this.mounts = mounts;
        this.volatileUppers = volatileUppers;
    }

    /** @param lowerTopFirst may be empty: the image has no layers */
    void mountWritable(Path upper, List<Path> lowerTopFirst, Path work, Path target) {
        List<Path> lower = new ArrayList<>(lowerTopFirst);
        if (lower.isEmpty()) {
            // Overlayfs wants a lower directory: the snapshot's own work directory has an empty one beside it.
            lower.add(emptyBeside(work));
        }
        if (volatileUppers) {
            try {
                mounts.overlay(lower, upper, work, target, List.of("index=off", "volatile"));
                return;
            } catch (GantryException e) {
                if (!(e.getCause() instanceof ErrnoException refusal) || !refusal.is(Errno.EINVAL)) {
                    throw e;
                }
                mounts.overlay(lower, upper, work, target, List.of("index=off"));
                volatileUppers = false;
                log.info("overlayfs without the volatile option: this kernel does not have it, it came with 5.10");
                return;
            }
        }
        mounts.overlay(lower, upper, work, target, List.of("index=off"));
    }

    /** What would be the upper directory is the topmost lower one, so that there are always two. */
    void mountReadOnly(Path top, List<Path> lowerTopFirst, Path work, Path target) {
        List<Path> lower = new ArrayList<>();
        lower.add(top);
        lower.addAll(lowerTopFirst);
        if (lowerTopFirst.isEmpty()) {
            lower.add(work);
        }
        mounts.overlay(lower, null, null, target, List.of());
    }

    private static Path emptyBeside(Path work) {
        Path empty = work.resolveSibling("empty");
        try {
            Files.createDirectories(empty);
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "make directory " + empty, e.toString())
                    .causedBy(e);
        }
        return empty;
    }
}
