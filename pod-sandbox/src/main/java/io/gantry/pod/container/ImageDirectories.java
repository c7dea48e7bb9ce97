package io.gantry.pod.container;

import io.gantry.platform.linux.BlockingCalls;
import io.gantry.platform.linux.Errno;
import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.Fd;
import io.gantry.platform.linux.LinuxConstants;
import io.gantry.platform.linux.Syscalls;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Directories that an image declares as volumes (OCI image-spec, config.md, "Volumes"). What is written there is the container's
 * own and goes with it, as all that Kubernetes mounts no volume over; but builders leave the directories out of the layers, and
 * programs expect them to be there.
 */
final class ImageDirectories {
    private static final Logger log = LoggerFactory.getLogger(ImageDirectories.class);
    private static final long FLAGS = LinuxConstants.O_PATH | LinuxConstants.O_DIRECTORY | LinuxConstants.O_CLOEXEC;
    private static final long RESOLVE = LinuxConstants.RESOLVE_IN_ROOT | LinuxConstants.RESOLVE_NO_MAGICLINKS;
    private static final int MODE = 0755;

    private final Syscalls syscalls;

    ImageDirectories(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /**
     * Makes those that are missing. Links are followed as the container would, so that nothing outside of its root file system is
     * touched. Where something else is in the way the container finds what the image has, as without this.
     *
     * @param root the mounted root file system, in which nothing runs yet
     * @param user whom the directories belong to, as an id of the host
     */
    void make(Path root, Set<String> volumes, long user, long group) {
        if (volumes.isEmpty()) {
            return;
        }
        BlockingCalls.run(() -> {
            try (Fd tree =
                    new Fd(syscalls, syscalls.openat(LinuxConstants.AT_FDCWD, root.toString(), (int) FLAGS, 0))) {
                for (String volume : new TreeSet<>(volumes)) {
                    make(tree, volume, (int) user, (int) group);
                }
            }
        });
    }

    private void make(Fd tree, String volume, int user, int group) {
        String parent = ".";
        try {
            for (String name : names(volume)) {
                String directory = parent + "/" + name;
                if (!exists(tree, directory)) {
                    try (Fd in = open(tree, parent)) {
                        syscalls.mkdirat(in.number(), name, MODE);
                        syscalls.fchownat(in.number(), name, user, group, LinuxConstants.AT_SYMLINK_NOFOLLOW);
                    }
                }
                parent = directory;
            }
        } catch (ErrnoException e) {
            log.warn("volume {} of the image is not made: {}", volume.replace('\0', '?'), e.getMessage());
        }
    }

    /** No {@link Path}: an image may hold names that none can have. */
    private static Deque<String> names(String volume) {
        Deque<String> names = new ArrayDeque<>();
        for (String name : volume.split("/", -1)) {
            if (name.equals("..")) {
                var unused = names.pollLast();
            } else if (!name.isEmpty() && !name.equals(".")) {
                names.addLast(name);
            }
        }
        return names;
    }

    private boolean exists(Fd tree, String path) {
        try (Fd found = open(tree, path)) {
            return found.number() >= 0;
        } catch (ErrnoException e) {
            if (e.is(Errno.ENOENT)) {
                return false;
            }
            throw e;
        }
    }

    private Fd open(Fd tree, String path) {
        return new Fd(syscalls, syscalls.openat2(tree.number(), path, FLAGS, 0, RESOLVE));
    }
}
