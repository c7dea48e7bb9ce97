package io.gantry.cri.grpc;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file of a listening Unix socket (unix(7)). A server binds to {@link #bindPath()}, then {@link #publish} gives the
 * socket its mode and owner and moves it to its place: nobody can connect before that, a stale file of a server that died
 * is replaced in one step, and there is no moment without a file.
 */
final class SocketFile {
    /** Longest path that fits in {@code sun_path} with its terminating zero and the suffix of {@link #bindPath()}. */
    static final int MAX_PATH_BYTES = 107 - 4;

    private static final Logger log = LoggerFactory.getLogger(SocketFile.class);

    private final Path path;
    private @Nullable Object identity;

    SocketFile(Path path) {
        this.path = path;
    }

    /** Where to bind before {@link #publish}. */
    Path bindPath() {
        return path.resolveSibling(path.getFileName() + ".new");
    }

    /**
     * Makes the directory if it is missing, and makes sure that no server answers at the path.
     *
     * @throws GantryException FAILED_PRECONDITION when one does, or when the file is no socket; nothing was changed then
     */
    void claim() {
        String action = "listen on " + path;
        try {
            Files.createDirectories(Objects.requireNonNull(path.toAbsolutePath().getParent(), "socket path is /"));
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
                if (!isSocket()) {
                    throw GantryException.of(
                                    ErrorKind.FAILED_PRECONDITION, action, "there is a file that is not a socket")
                            .withRemedy("move it away, or set another path in api.socket");
                }
                if (isAnswered()) {
                    throw GantryException.of(ErrorKind.FAILED_PRECONDITION, action, "another server answers there")
                            .withRemedy("stop it first, or set another path in api.socket");
                }
                log.info("stale socket found: path={}", path);
            }
            Files.deleteIfExists(bindPath());
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INTERNAL, action, e.toString()).causedBy(e);
        }
    }

    /**
     * Gives the socket bound at {@link #bindPath()} its mode and owner and puts it in its place.
     *
     * @throws GantryException INVALID_ARGUMENT for a user or group that does not exist, INTERNAL when the file system
     *     refuses; the bound file is removed then
     */
    void publish(SocketAccess access) {
        String action = "publish socket " + path;
        Path bound = bindPath();
        try {
            PosixFileAttributeView view = Files.getFileAttributeView(bound, PosixFileAttributeView.class);
            UserPrincipalLookupService names = FileSystems.getDefault().getUserPrincipalLookupService();
            if (!access.owner().isEmpty()) {
                view.setOwner(find(access.owner(), names::lookupPrincipalByName));
            }
            if (!access.group().isEmpty()) {
                view.setGroup(find(access.group(), names::lookupPrincipalByGroupName));
            }
            view.setPermissions(access.permissions());
            identity = identity(bound);
            Files.move(bound, path, StandardCopyOption.ATOMIC_MOVE);
        } catch (GantryException e) {
            discard(bound);
            throw e;
        } catch (IOException e) {
            discard(bound);
            throw GantryException.of(ErrorKind.INTERNAL, action, e.toString()).causedBy(e);
        }
    }

    /** Looks a user or a group up. */
    private interface Lookup<T> {
        T find(String name) throws IOException;
    }

    private <T> T find(String name, Lookup<T> lookup) throws IOException {
        try {
            return lookup.find(name);
        } catch (UserPrincipalNotFoundException _) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT, "publish socket " + path, "no such user or group: " + name)
                    .withRemedy("correct api.owner or api.group");
        }
    }

    /** Removes the file if it is still the one that was published; a successor's stays. Never fails. */
    void remove() {
        discard(bindPath());
        try {
            if (identity != null && Files.exists(path) && identity.equals(identity(path))) {
                Files.delete(path);
            }
        } catch (IOException e) {
            log.warn("cannot remove socket: path={} error=\"{}\"", path, e.toString());
        }
    }

    private boolean isSocket() throws IOException {
        // S_IFMT and S_IFSOCK of inode(7).
        return ((int) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & 0170000) == 0140000;
    }

    /** Whether a server listens; a full backlog, which leaves the connection pending, is a live server too. */
    private boolean isAnswered() throws IOException {
        try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            probe.configureBlocking(false);
            probe.connect(UnixDomainSocketAddress.of(path));
            return true;
        } catch (ConnectException e) {
            return false;
        } catch (SocketException e) {
            return !String.valueOf(e.getMessage()).contains("refused");
        }
    }

    private static Object identity(Path file) throws IOException {
        return Files.getAttribute(file, "unix:dev") + ":" + Files.getAttribute(file, "unix:ino");
    }

    private static void discard(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            log.warn("cannot remove socket: path={} error=\"{}\"", file, e.toString());
        }
    }
}
