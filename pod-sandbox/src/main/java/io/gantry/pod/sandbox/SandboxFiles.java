package io.gantry.pod.sandbox;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.storage.FileErrors;
import io.gantry.platform.storage.Trees;
import io.gantry.pod.config.DnsConfig;
import io.gantry.pod.config.IdMapping;
import io.gantry.pod.config.NamespaceMode;
import io.gantry.pod.config.PodSandboxConfig;
import io.gantry.pod.config.UserNamespace;
import io.gantry.pod.state.PodPaths;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/** The files that the containers of a pod share: resolv.conf, hostname and /dev/shm, under the state directory. */
final class SandboxFiles {
    private static final Path HOST_RESOLV_CONF = Path.of("/etc/resolv.conf");
    private static final String SHM_OPTIONS = "mode=1777,size=65536k";
    private static final IdMapping HOST_ROOT = new IdMapping(0, 0, 1);

    private final PodPaths paths;
    private final Mounts mounts;

    SandboxFiles(PodPaths paths, Mounts mounts) {
        this.paths = paths;
        this.mounts = mounts;
    }

    /** Makes the sandbox's directory, which {@link #remove} takes away with all that is in it. */
    void createDirectory(String id) {
        attempt("create directory of sandbox " + id, () -> Files.createDirectories(paths.sandbox(id)));
    }

    void write(String id, PodSandboxConfig config, String hostname) {
        attempt("write files of sandbox " + id, () -> {
            IdMapping root = rootOf(config);
            writeReadable(paths.resolvConf(id), resolvConf(config.dns()), root);
            writeReadable(paths.hostname(id), hostname + "\n", root);
        });
        if (config.security().namespaces().ipc() != NamespaceMode.NODE) {
            attempt("create /dev/shm of sandbox " + id, () -> Files.createDirectories(paths.shm(id)));
            long owner = rootOf(config).hostId();
            mounts.tmpfs(paths.shm(id), SHM_OPTIONS + (owner == 0 ? "" : ",uid=" + owner + ",gid=" + owner));
        }
    }

    /** The log directory belongs to the kubelet, which removes it; Gantry makes it where it is missing. */
    void createLogDirectory(PodSandboxConfig config) {
        if (!config.logDirectory().isEmpty()) {
            String action = "create log directory " + config.logDirectory();
            try {
                Files.createDirectories(
                        Path.of(config.logDirectory()),
                        PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
            } catch (FileAlreadyExistsException e) {
                throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, e.getFile() + " is not a directory")
                        .withRemedy("remove it")
                        .causedBy(e);
            } catch (IOException e) {
                throw FileErrors.during(action, e);
            }
        }
    }

    /** Unmounts and deletes all of it; nothing happens when it is gone. */
    void remove(String id) {
        mounts.unmount(paths.shm(id));
        Trees.delete(paths.sandbox(id));
    }

    private static String resolvConf(@Nullable DnsConfig dns) throws IOException {
        if (dns == null || dns.isEmpty()) {
            return Files.exists(HOST_RESOLV_CONF) ? Files.readString(HOST_RESOLV_CONF) : "";
        }
        StringBuilder text = new StringBuilder();
        if (!dns.searches().isEmpty()) {
            text.append("search ").append(String.join(" ", dns.searches())).append('\n');
        }
        for (String server : dns.servers()) {
            text.append("nameserver ").append(server).append('\n');
        }
        if (!dns.options().isEmpty()) {
            text.append("options ").append(String.join(" ", dns.options())).append('\n');
        }
        return text.toString();
    }

    /** Whom the files belong to: root of the pod's user namespace, which cannot write to what is the host's. */
    private static IdMapping rootOf(PodSandboxConfig config) {
        UserNamespace user = config.security().namespaces().user();
        return user == null || user.mode() != NamespaceMode.POD || user.uids().isEmpty()
                ? HOST_ROOT
                : user.uids().getFirst();
    }

    private static void writeReadable(Path file, String text, IdMapping owner) throws IOException {
        Files.writeString(file, text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        if (owner.hostId() != 0) {
            Files.setAttribute(file, "unix:uid", (int) owner.hostId());
            Files.setAttribute(file, "unix:gid", (int) owner.hostId());
        }
    }

    private interface Step {
        void run() throws IOException;
    }

    private static void attempt(String action, Step step) {
        try {
            step.run();
        } catch (IOException e) {
            throw FileErrors.during(action, e);
        }
    }
}
