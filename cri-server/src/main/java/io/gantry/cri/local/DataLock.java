package io.gantry.cri.local;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Keeps two daemons from working on the same directory: a lock on a file in it, which the kernel lets go of however the
 * process ends (fcntl(2)).
 */
public final class DataLock implements AutoCloseable {
    private final FileChannel channel;

    private DataLock(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Makes the directory if it is missing, and locks it.
     *
     * @throws GantryException FAILED_PRECONDITION when another process holds the lock, PERMISSION_DENIED when the directory
     *     cannot be written to
     */
    public static DataLock of(Path directory) {
        Path file = directory.resolve("gantry.lock");
        try {
            Files.createDirectories(directory);
            FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (tryLock(channel)) {
                return new DataLock(channel);
            }
            channel.close();
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.PERMISSION_DENIED, "lock " + directory, e.toString())
                    .withRemedy("run as root, or set other directories as root and state in gantry.toml")
                    .causedBy(e);
        }
        throw GantryException.of(ErrorKind.FAILED_PRECONDITION, "lock " + directory, "another process works on it")
                .withRemedy("stop that daemon first, or give this one a root, a state and a socket of its own");
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException _) {
            return false;
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
