package io.gantry.image.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** Names, inodes, owners, modes, sizes and times of files that must not change while a test runs. */
public final class GuardedFiles {
    private static final int DEEP = 64;

    private final Map<Path, Integer> tops = new LinkedHashMap<>();

    /** A whole tree. */
    public GuardedFiles tree(Path top) {
        tops.put(top, DEEP);
        return this;
    }

    /** A directory and what it has, without what those have. */
    public GuardedFiles directory(Path top) {
        tops.put(top, 1);
        return this;
    }

    /** The places that every escape known aims at. */
    public static GuardedFiles ofTheHost() {
        GuardedFiles files = new GuardedFiles().tree(Path.of("/etc")).directory(Path.of("/"));
        for (String top : List.of("/usr", "/usr/bin", "/usr/sbin", "/usr/lib", "/root", "/dev", "/var/lib", "/boot")) {
            files.directory(Path.of(top));
        }
        return files;
    }

    /** What is there now, by path. */
    public Map<String, String> snapshot() {
        Map<String, String> seen = new TreeMap<>();
        tops.forEach((top, depth) -> collect(top, depth, seen));
        return seen;
    }

    /** What differs between two snapshots, for people. */
    public static List<String> changes(Map<String, String> before, Map<String, String> after) {
        Set<String> paths = new TreeSet<>(before.keySet());
        paths.addAll(after.keySet());
        return paths.stream()
                .filter(path -> !Objects.equals(before.get(path), after.get(path)))
                .map(path -> path + ": " + before.get(path) + " -> " + after.get(path))
                .toList();
    }

    private static void collect(Path path, int depth, Map<String, String> seen) {
        Map<String, Object> facts;
        try {
            facts = Files.readAttributes(
                    path, "unix:ino,mode,uid,gid,size,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
        } catch (IOException _) {
            return;
        }
        boolean directory = Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS);
        // Terminals and the like are written to all the time; in /dev only the names count.
        boolean device = path.startsWith("/dev");
        // Below the top, other programs may work in the directories whose names alone are looked at.
        boolean edge = directory && depth == 0;
        seen.putIfAbsent(path.toString(), device || edge ? "" : new TreeMap<>(facts).toString());
        if (directory && depth > 0) {
            try (DirectoryStream<Path> children = Files.newDirectoryStream(path)) {
                children.forEach(child -> collect(child, depth - 1, seen));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
