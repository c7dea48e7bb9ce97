package io.gantry.e2e.images;

import static java.util.Objects.requireNonNull;

import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A directory that is filled and then packed as one layer. Programs are taken with the shared libraries they need, to
 * the places their loader looks in.
 */
final class RootFilesystem {
    private static final Pattern LIBRARY = Pattern.compile("(?:=> )?(/\\S+) \\(0x[0-9a-f]+\\)");

    private final Path directory;
    private final Set<Path> libraries = new TreeSet<>();
    private final Path packages;

    /** {@code packages} is a root into which Debian packages were unpacked; libraries are looked up there first. */
    RootFilesystem(Path directory, Path packages) throws IOException {
        this.directory = directory;
        this.packages = packages;
        Files.createDirectories(directory);
        mode(directory, 0755);
    }

    RootFilesystem directory(String path, int mode) throws IOException {
        Path target = directory.resolve(path);
        Files.createDirectories(target);
        Path each = directory;
        for (Path name : directory.relativize(target)) {
            each = each.resolve(name);
            mode(each, 0755);
        }
        mode(target, mode);
        return this;
    }

    RootFilesystem file(String path, int mode, String content) throws IOException {
        Path target = parentOf(path);
        Files.writeString(target, content);
        mode(target, mode);
        return this;
    }

    RootFilesystem symlink(String path, String to) throws IOException {
        Files.createSymbolicLink(parentOf(path), Path.of(to));
        return this;
    }

    RootFilesystem hardLink(String path, String existing) throws IOException {
        Path target = parentOf(path);
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)) {
            Files.createLink(target, directory.resolve(existing));
        }
        return this;
    }

    /** Copies a program and, unless an earlier program or {@code below} brought them, the libraries it is linked to. */
    RootFilesystem program(String path, int mode, Path from, RootFilesystem... below)
            throws IOException, InterruptedException {
        copy(from, path, mode);
        for (Path library : librariesOf(from)) {
            boolean there = libraries.contains(library);
            for (RootFilesystem lower : below) {
                there |= lower.libraries.contains(library);
            }
            if (!there) {
                libraries.add(library);
                String inside = library.startsWith(packages)
                        ? packages.relativize(library).toString()
                        : library.toString().substring(1);
                copy(library.toRealPath(), inside, 0755);
            }
        }
        return this;
    }

    /** Copies a program that is linked to no library. */
    RootFilesystem staticProgram(String path, int mode, Path from) throws IOException {
        copy(from, path, mode);
        return this;
    }

    Layer pack() throws IOException, InterruptedException {
        return Layer.pack(directory);
    }

    private Set<Path> librariesOf(Path program) throws IOException, InterruptedException {
        String triplet = Manifests.architecture().equals("arm64") ? "aarch64-linux-gnu" : "x86_64-linux-gnu";
        String output = Command.of("ldd", program)
                .env(
                        "LD_LIBRARY_PATH",
                        packages.resolve("usr/lib/" + triplet) + ":" + packages.resolve("lib/" + triplet))
                .run();
        if (output.contains("not found")) {
            throw new IOException("find the libraries of " + program + ": " + output.strip());
        }
        Set<Path> found = new TreeSet<>();
        Matcher matcher = LIBRARY.matcher(output);
        while (matcher.find()) {
            found.add(Path.of(matcher.group(1)));
        }
        return found;
    }

    private void copy(Path from, String path, int mode) throws IOException {
        Path target = parentOf(path);
        Files.copy(from, target, StandardCopyOption.REPLACE_EXISTING);
        mode(target, mode);
    }

    private Path parentOf(String path) throws IOException {
        Path target = directory.resolve(path);
        Path parent = requireNonNull(target.getParent());
        if (!Files.isDirectory(parent)) {
            Files.createDirectories(
                    parent, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
        }
        return target;
    }

    private static void mode(Path path, int mode) throws IOException {
        Files.setAttribute(path, "unix:mode", mode);
    }
}
