package io.gantry.pod.namespace;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Mounts;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.state.PodPaths;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.Set;

/**
 * Pins the namespaces that a pause process made, by bind mounts under the state directory, so that they outlive every
 * process (namespaces(7)).
 */
public final class PodNamespaces {
    /** A kind of namespace, named as in /proc/PID/ns. */
    public enum Kind {
        NET("net"),
        IPC("ipc"),
        UTS("uts"),
        PID("pid"),
        USER("user");

        private final String fileName;

        Kind(String fileName) {
            this.fileName = fileName;
        }

        public String fileName() {
            return fileName;
        }
    }

    private final PodPaths paths;
    private final Mounts mounts;

    public PodNamespaces(PodPaths paths, Mounts mounts) {
        this.paths = paths;
        this.mounts = mounts;
    }

    /** Which namespaces a pod has of its own. */
    public static Set<Kind> ownedBy(NamespaceOptions options) {
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);
        if (options.network() != NamespaceMode.NODE) {
            kinds.add(Kind.NET);
            kinds.add(Kind.UTS);
        }
        if (options.ipc() != NamespaceMode.NODE) {
            kinds.add(Kind.IPC);
        }
        if (options.pid() == NamespaceMode.POD) {
            kinds.add(Kind.PID);
        }
        if (options.usesUserNamespace()) {
            kinds.add(Kind.USER);
        }
        return kinds;
    }

    /** Pins each of the kinds from the process of that pid. */
    public void pin(String sandboxId, int pid, Set<Kind> kinds) {
        try {
            Files.createDirectories(paths.namespaces(sandboxId));
            for (Kind kind : kinds) {
                Path target = path(sandboxId, kind);
                createFile(target);
                mounts.bind(Path.of("/proc/" + pid + "/ns/" + kind.fileName()), target, false, false);
            }
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, "pin namespaces of sandbox " + sandboxId, e.toString())
                    .causedBy(e);
        }
    }

    /** Where a namespace of a sandbox is pinned, whether it is or not. */
    public Path path(String sandboxId, Kind kind) {
        return paths.namespaces(sandboxId).resolve(kind.fileName());
    }

    /** Lets go of every namespace of a sandbox; nothing happens where none is pinned. */
    public void unpin(String sandboxId) {
        for (Kind kind : Kind.values()) {
            Path target = path(sandboxId, kind);
            if (Files.exists(target)) {
                mounts.unmount(target);
            }
        }
    }

    private static void createFile(Path file) throws IOException {
        try {
            Files.createFile(file);
        } catch (FileAlreadyExistsException e) {
            // Left by an attempt that was cut short; the mount goes over it.
            return;
        }
    }
}
