package io.gantry.pod.cgroup;

import io.gantry.platform.linux.ErrnoException;
import io.gantry.platform.linux.PidFd;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;

/**
 * Directories of one cgroup hierarchy. Parents that had to be made carry a mark, an extended attribute, so that they can
 * be told from the kubelet's after a restart and go when the last child goes.
 */
final class CgroupDirectories {
    private static final String MARK = "trusted.gantry.made";

    /** A cgroup whose last process has just ended is busy for a moment: until its exit is through. */
    private static final int BUSY_TRIES = 50;

    private static final int BUSY_MILLIS = 10;

    /** How often making starts anew when another sandbox's removal takes the parent away meanwhile. */
    private static final int MAKE_TRIES = 5;

    private final Syscalls syscalls;

    CgroupDirectories(Syscalls syscalls) {
        this.syscalls = syscalls;
    }

    /** Makes a cgroup and its parents. */
    Path create(Path hierarchy, String path) throws IOException {
        createAll(hierarchy, path, true);
        return hierarchy.resolve(path.substring(1));
    }

    /** Makes the parents of a cgroup. */
    void createParents(Path hierarchy, String path) throws IOException {
        createAll(hierarchy, path, false);
    }

    private void createAll(Path hierarchy, String path, boolean withLeaf) throws IOException {
        Path leaf = hierarchy.resolve(path.substring(1));
        for (int attempt = 1; ; attempt++) {
            try {
                Path at = hierarchy;
                for (Path part : hierarchy.relativize(leaf)) {
                    at = at.resolve(part);
                    boolean isLeaf = at.equals(leaf);
                    if ((withLeaf || !isLeaf) && createOne(at) && !isLeaf) {
                        mark(at);
                    }
                }
                return;
            } catch (NoSuchFileException e) {
                if (attempt == MAKE_TRIES || !Files.isDirectory(hierarchy)) {
                    throw e;
                }
            }
        }
    }

    private static boolean createOne(Path directory) throws IOException {
        try {
            Files.createDirectory(directory);
            return true;
        } catch (FileAlreadyExistsException e) {
            return false;
        }
    }

    /** Without its mark a parent is merely left behind when it is empty. */
    private void mark(Path directory) {
        try {
            syscalls.lsetxattr(directory.toString(), MARK, new byte[] {'1'}, 0);
        } catch (ErrnoException e) {
            return;
        }
    }

    private boolean isMarked(Path directory) {
        try {
            return syscalls.lgetxattr(directory.toString(), MARK) != null;
        } catch (ErrnoException e) {
            return false;
        }
    }

    /** Removes a cgroup with those in it. */
    void removeTree(Path hierarchy, String path) throws IOException, InterruptedException {
        removeTree(hierarchy.resolve(path.substring(1)));
    }

    /** Removes the parents of a cgroup that were made here, are empty and pass, from the innermost on. */
    void removeMadeParents(Path hierarchy, String path, Predicate<String> mayGo) {
        Path leaf = hierarchy.resolve(path.substring(1));
        for (Path parent = leaf.getParent();
                parent != null && !parent.equals(hierarchy) && isMarked(parent);
                parent = parent.getParent()) {
            if (!mayGo.test("/" + hierarchy.relativize(parent))) {
                return;
            }
            try {
                Files.deleteIfExists(parent);
            } catch (IOException e) {
                return; // another pod is in it
            }
        }
    }

    private void removeTree(Path directory) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            try {
                Files.deleteIfExists(directory);
                return;
            } catch (FileSystemException e) {
                boolean busy = e instanceof DirectoryNotEmptyException
                        || String.valueOf(e.getReason()).contains("busy");
                if (!busy || attempt == BUSY_TRIES) {
                    throw e;
                }
            }
            List<Path> children = children(directory);
            for (Path child : children) {
                removeTree(child);
            }
            if (children.isEmpty()) {
                Thread.sleep(BUSY_MILLIS);
            }
        }
    }

    private static List<Path> children(Path directory) throws IOException {
        List<Path> children = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory, Files::isDirectory)) {
            stream.forEach(children::add);
        } catch (NoSuchFileException e) {
            return List.of();
        }
        return children;
    }

    /** Pids in a cgroup and those below it; empty when it is gone. */
    List<Integer> processes(Path hierarchy, String path) {
        List<Integer> pids = new ArrayList<>();
        addProcesses(hierarchy.resolve(path.substring(1)), pids);
        return pids;
    }

    private static void addProcesses(Path directory, List<Integer> pids) {
        try {
            for (String line : Files.readAllLines(directory.resolve("cgroup.procs"))) {
                int pid = Integer.parseInt(line.strip());
                if (pid > 0) { // 0 is a process of a PID namespace that cannot be seen from here
                    pids.add(pid);
                }
            }
            for (Path child : children(directory)) {
                addProcesses(child, pids);
            }
        } catch (IOException e) {
            return; // gone
        }
    }

    boolean isFrozen(Path cgroup) {
        String v2 = read(cgroup.resolve("cgroup.freeze"));
        String v1 = read(cgroup.resolve("freezer.state"));
        return v2.equals("1") || v1.equals("FROZEN") || v1.equals("FREEZING");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return ""; // no such file in this hierarchy, or the cgroup is gone
        }
    }

    boolean killAtOnce(Path hierarchy, String path) {
        try {
            Files.writeString(
                    hierarchy.resolve(path.substring(1)).resolve("cgroup.kill"), "1", StandardOpenOption.WRITE);
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Signals a process that is a member of the cgroup now, and not one that got its number meanwhile. */
    void signalMember(int pid, String path, int signal) {
        Optional<PidFd> held = PidFd.open(pid);
        if (held.isEmpty()) {
            return;
        }
        try (PidFd process = held.get()) {
            String cgroups =
                    Files.readString(Path.of("/proc", Integer.toString(pid), "cgroup"), StandardCharsets.UTF_8);
            // Lines of the form "id:controllers:path" (cgroups(7)).
            if (cgroups.lines().anyMatch(line -> isIn(line, path))) {
                process.signal(signal);
            }
        } catch (IOException e) {
            return; // ended
        }
    }

    /** A daemon in a container sees its own cgroup before the path. */
    private static boolean isIn(String line, String path) {
        int colon = line.indexOf(':', line.indexOf(':') + 1);
        return (line.substring(colon + 1) + "/").contains(path + "/");
    }
}
