package io.gantry.pod.checkpoint;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** Copies files and directories out of a mounted image, which does not change; anything else in it is refused. */
final class PlainCopy {
    private static final int MAX_DEPTH = 16;

    private final String source;
    private final String action;

    PlainCopy(String source, String action) {
        this.source = source;
        this.action = action;
    }

    void copy(Path from, Path to) throws IOException, InterruptedException {
        copyInside(from, to, 0);
    }

    private void copyInside(Path from, Path to, int depth) throws IOException, InterruptedException {
        if (depth > MAX_DEPTH) {
            throw refused("directories deeper than " + MAX_DEPTH + " levels");
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(from)) {
            for (Path entry : entries) {
                Path target = to.resolve(entry.getFileName().toString());
                if (Files.isDirectory(entry, LinkOption.NOFOLLOW_LINKS)) {
                    Files.createDirectory(target);
                    copyInside(entry, target, depth + 1);
                } else if (Files.isRegularFile(entry, LinkOption.NOFOLLOW_LINKS)) {
                    copyFile(entry, target);
                } else {
                    throw refused("a link or device, " + entry.getFileName());
                }
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    private static void copyFile(Path from, Path to) throws IOException, InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("interrupted while copying a checkpoint");
        }
        try (FileChannel in = FileChannel.open(from, StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS);
                FileChannel out = FileChannel.open(to, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            long size = in.size();
            long at = 0;
            while (at < size) {
                long count = in.transferTo(at, size - at, out);
                if (count <= 0) {
                    throw new IOException(from + " ended too early");
                }
                at += count;
            }
        }
    }

    private GantryException refused(String what) {
        return GantryException.of(
                ErrorKind.INVALID_ARGUMENT,
                action,
                source + " holds " + what + "; only files and directories are accepted");
    }
}
