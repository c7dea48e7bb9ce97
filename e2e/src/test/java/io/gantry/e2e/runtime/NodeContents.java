package io.gantry.e2e.runtime;

import io.gantry.e2e.process.Command;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** Looks up what is there of a node right now: mounts, processes, cgroups, network, files. */
public final class NodeContents {
    private static final Path CGROUPS = Path.of("/sys/fs/cgroup");
    /** Programs that belong to a runtime when they name its directories; a user's shell or editor does not. */
    private static final Set<String> PROGRAMS = Set.of(
            "conmon",
            "containerd",
            "containerd-shim-runc-v2",
            "crictl",
            "critest",
            "crun",
            "etcd",
            "gantry-pause",
            "java",
            "kube-apiserver",
            "kubelet",
            "runc");

    private final Node node;

    public NodeContents(Node node) {
        this.node = node;
    }

    /** Mount points under the node's directories, in the order they were mounted. */
    public List<String> mounts() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/mountinfo")).stream()
                .map(line -> line.split(" ")[4].replace("\\040", " "))
                .filter(this::isOfNode)
                .toList();
    }

    /** Processes of a runtime that name a directory of the node, and all in the node's cgroup; not this process. */
    public List<Long> processes() throws IOException {
        List<Long> found = new ArrayList<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            for (Path entry : entries.filter(
                            path -> path.getFileName().toString().matches("[0-9]+"))
                    .toList()) {
                long pid = Long.parseLong(entry.getFileName().toString());
                if (pid != ProcessHandle.current().pid() && isOfNode(entry)) {
                    found.add(pid);
                }
            }
        }
        return found;
    }

    /**
     * Command lines of processes that were not there before. One that is just ending, as a monitor does after its container,
     * gets five seconds.
     */
    public List<String> processesBeside(List<Long> before) throws IOException, InterruptedException {
        List<Long> processes = List.of();
        for (int i = 0; i < 50; i++) {
            processes = processes();
            processes.removeAll(before);
            if (processes.isEmpty()) {
                break;
            }
            Thread.sleep(100);
        }
        return processes.stream().map(NodeContents::commandLine).toList();
    }

    private boolean isOfNode(Path process) {
        try {
            List<String> words =
                    List.of(Files.readString(process.resolve("cmdline")).split("\0"));
            Path program = Path.of(words.getFirst()).getFileName();
            String cgroups = Files.readString(process.resolve("cgroup"));
            return (program != null
                            && PROGRAMS.contains(program.toString())
                            && words.stream().anyMatch(this::namesNode))
                    || cgroups.lines().anyMatch(line -> (line + "/").contains(":" + node.cgroup() + "/"));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    private boolean namesNode(String word) {
        return word.contains(node.base().toString())
                || word.contains(node.state().toString());
    }

    private boolean isOfNode(String path) {
        return path.startsWith(node.base() + "/") || path.startsWith(node.state() + "/");
    }

    /** Processes of criu(8), which names no file: those that hold one of the node open. */
    public List<Long> criuProcesses() throws IOException {
        List<Long> found = new ArrayList<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            for (Path entry : entries.filter(
                            path -> path.getFileName().toString().matches("[0-9]+"))
                    .toList()) {
                if (isCriu(entry) && holdsFileOfNode(entry)) {
                    found.add(Long.parseLong(entry.getFileName().toString()));
                }
            }
        }
        return found;
    }

    private static boolean isCriu(Path process) {
        try {
            return List.of(Files.readString(process.resolve("cmdline")).split("\0")).stream()
                    .limit(4) // it may have been started through a loader of its own
                    .anyMatch(word -> word.equals("criu") || word.endsWith("/criu"));
        } catch (IOException | UncheckedIOException e) {
            return false;
        }
    }

    private boolean holdsFileOfNode(Path process) {
        try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
            for (Path descriptor : descriptors.toList()) {
                if (Files.isSymbolicLink(descriptor)
                        && isOfNode(Files.readSymbolicLink(descriptor).toString())) {
                    return true;
                }
            }
            return false;
        } catch (IOException | UncheckedIOException e) {
            return false; // it has ended
        }
    }

    /** The command line of a process for a message, empty when it is gone. */
    public static String commandLine(long pid) {
        try {
            return pid + " "
                    + Files.readString(Path.of("/proc/" + pid + "/cmdline"))
                            .replace('\0', ' ')
                            .strip();
        } catch (IOException e) {
            return pid + " (gone)";
        }
    }

    /** The node's cgroup and all below it, in every hierarchy, parents first. */
    public List<Path> cgroups() throws IOException {
        String name = node.cgroup().substring(1);
        List<Path> found = new ArrayList<>();
        List<Path> hierarchies = new ArrayList<>(List.of(CGROUPS));
        hierarchies.addAll(directories(CGROUPS));
        for (Path hierarchy : hierarchies) {
            Path top = hierarchy.resolve(name);
            if (Files.isDirectory(top) && !Files.isSymbolicLink(hierarchy)) {
                try (Stream<Path> paths = Files.walk(top)) {
                    paths.filter(Files::isDirectory).forEach(found::add);
                }
            }
        }
        return found;
    }

    private static List<Path> directories(Path parent) throws IOException {
        try (Stream<Path> paths = Files.list(parent)) {
            return paths.filter(path -> Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS))
                    .toList();
        }
    }

    /** Interfaces that are ports of the node's bridge. */
    public List<String> bridgePorts() throws IOException {
        Path ports = Path.of("/sys/class/net", node.bridge(), "brif");
        if (!Files.isDirectory(ports)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.list(ports)) {
            return paths.map(path -> path.getFileName().toString()).toList();
        }
    }

    /** Rules of the nat tables that name the node's network or subnet: masquerading, and ports of the node. */
    public List<String> rules() throws IOException, InterruptedException {
        return Stream.of("iptables", "ip6tables")
                .flatMap(this::natRules)
                .filter(line -> line.startsWith("-A"))
                .filter(line -> line.contains(node.network())
                        || line.contains(node.subnet().replace(".0/24", ".")))
                .toList();
    }

    private Stream<String> natRules(String program) {
        try {
            return Command.of(program, "-w", "-t", "nat", "-S")
                    .result()
                    .output()
                    .lines();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Stream.empty();
        }
    }

    /** Addresses that host-local has leased. */
    public List<String> leases() throws IOException {
        return files(node.leases(), path -> path.getFileName().toString().matches("[0-9.]+"));
    }

    /**
     * Every path under the root and state directories, sorted; but for the address leases, and the seals of layers, which come
     * some time after a pull.
     */
    public SortedSet<String> files() throws IOException {
        SortedSet<String> all = new TreeSet<>(files(node.root(), path -> !path.endsWith("seal.json")));
        all.addAll(files(node.state(), path -> !path.startsWith(node.leases())));
        return all;
    }

    private static List<String> files(Path root, Predicate<Path> wanted) throws IOException {
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        List<String> found = new ArrayList<>();
        Files.walkFileTree(root, new TolerantVisitor(path -> {
            if (wanted.test(path)) {
                found.add(path.toString());
            }
        }));
        return found;
    }

    /** Network namespaces that a process holds open by a descriptor. */
    public static List<String> networkDescriptors(long pid) throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> descriptors = Files.list(Path.of("/proc/" + pid + "/fd"))) {
            for (Path descriptor : descriptors.toList()) {
                try {
                    String target = Files.readSymbolicLink(descriptor).toString();
                    if (target.startsWith("net:[") || target.contains("/netns/")) {
                        found.add(target);
                    }
                } catch (IOException e) {
                    // Closed between listing and reading.
                }
            }
        }
        return found;
    }
}
