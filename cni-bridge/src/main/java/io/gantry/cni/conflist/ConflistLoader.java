package io.gantry.cni.conflist;

import io.gantry.cni.conflist.ConflistSnapshot.Rejected;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Reads a configuration directory: files in name order until the first valid one, which becomes the pod network. One that
 * only brings up loopback, as some installations put beside the real one, is taken only when there is no other.
 */
final class ConflistLoader {
    private static final int MAX_FILE_BYTES = 1 << 20;

    private ConflistLoader() {}

    static ConflistSnapshot load(Path directory) {
        List<Path> files;
        try {
            files = list(directory, List.of(".conflist", ".conf", ".json"));
        } catch (NoSuchFileException e) {
            return new ConflistSnapshot(
                    directory, null, List.of(), "network configuration directory " + directory + " does not exist");
        } catch (IOException e) {
            return new ConflistSnapshot(
                    directory,
                    null,
                    List.of(),
                    "network configuration directory " + directory + " cannot be read: " + describe(e));
        }
        List<Rejected> rejected = new ArrayList<>();
        CniConflist loopback = null;
        for (Path file : files) {
            try {
                CniConflist conflist = loadFile(file);
                if (!conflist.isLoopbackOnly()) {
                    return new ConflistSnapshot(directory, conflist, rejected, null);
                }
                loopback = loopback == null ? conflist : loopback;
            } catch (InvalidConflist e) {
                rejected.add(new Rejected(file, String.valueOf(e.getMessage())));
            }
        }
        return new ConflistSnapshot(directory, loopback, rejected, null);
    }

    private static CniConflist loadFile(Path file) throws InvalidConflist {
        byte[] content = read(file);
        if (!file.toString().endsWith(".conflist")) {
            return ConflistParser.parseSingle(file, content);
        }
        ConflistParser.ParsedList list = ConflistParser.parseList(file, content);
        return list.with(list.inlinedOnly() ? List.of() : additions(file, list.name()));
    }

    /** The plugins in {@code <directory>/<network name>/*.conf}, which the specification appends to the chain. */
    private static List<PluginConfig> additions(Path listFile, String network) throws InvalidConflist {
        List<PluginConfig> additions = new ArrayList<>();
        try {
            for (Path file : list(listFile.resolveSibling(network), List.of(".conf"))) {
                try {
                    additions.add(ConflistParser.parseAddition(read(file)));
                } catch (InvalidConflist e) {
                    throw new InvalidConflist("its plugin file " + file + " is invalid: " + e.getMessage());
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            return List.of();
        } catch (IOException e) {
            throw new InvalidConflist(
                    "its plugin directory " + listFile.resolveSibling(network) + " cannot be read: " + describe(e));
        }
        return additions;
    }

    private static byte[] read(Path file) throws InvalidConflist {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] content = in.readNBytes(MAX_FILE_BYTES + 1);
            if (content.length > MAX_FILE_BYTES) {
                throw new InvalidConflist("it is larger than " + MAX_FILE_BYTES + " bytes");
            }
            return content;
        } catch (IOException e) {
            throw new InvalidConflist("it cannot be read: " + describe(e));
        }
    }

    /** Files (not directories, FIFOs or devices) with one of the suffixes, by name; a dangling link stays in the list. */
    private static List<Path> list(Path directory, List<String> suffixes) throws IOException {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(directory, path -> suffixes.stream().anyMatch(path.toString()::endsWith))) {
            for (Path entry : entries) {
                if (Files.isRegularFile(entry) || !Files.exists(entry)) {
                    files.add(entry);
                }
            }
        } catch (java.nio.file.DirectoryIteratorException e) {
            throw e.getCause();
        }
        files.sort(Comparator.comparing(path -> path.getFileName().toString()));
        return files;
    }

    /** A value that changes when a file of the directory, or of a directory in it, is added, removed or written. */
    static List<String> fingerprint(Path directory) {
        List<String> marks = new ArrayList<>();
        mark(directory, marks, 0);
        marks.sort(Comparator.naturalOrder());
        return marks;
    }

    private static void mark(Path directory, List<String> marks, int depth) {
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                BasicFileAttributes attributes = attributes(entry);
                if (attributes == null) {
                    marks.add(entry + " unreadable");
                } else {
                    marks.add(entry + " " + attributes.lastModifiedTime() + " " + attributes.size() + " "
                            + attributes.fileKey());
                    if (attributes.isDirectory() && depth == 0) {
                        mark(entry, marks, 1);
                    }
                }
            }
        } catch (IOException | java.nio.file.DirectoryIteratorException e) {
            marks.add(directory + " " + e.getClass().getName());
        }
    }

    private static @org.jspecify.annotations.Nullable BasicFileAttributes attributes(Path entry) {
        try {
            return Files.readAttributes(entry, BasicFileAttributes.class);
        } catch (IOException e) {
            return null;
        }
    }

    private static String describe(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "no such file (a dangling link?)";
            case NotDirectoryException _ -> "not a directory";
            case java.nio.file.AccessDeniedException _ -> "permission denied";
            default -> String.valueOf(e.getMessage());
        };
    }
}
