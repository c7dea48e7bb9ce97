package io.gantry.pod.cgroup;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.Signals;
import io.gantry.platform.linux.Syscalls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The cgroups that Gantry makes itself, for sandboxes, and what it reads of those that OCI runtimes make for containers.
 * Paths are relative to the mount points, as {@link CgroupPaths} gives them. No cgroup is changed or removed that was not
 * named by the caller, but for parents that Gantry made, which go when they are empty.
 */
public final class Cgroups {
    /** The v1 hierarchies that count or limit a pod's own process, and systemd's, which says whose process it is. */
    private static final List<String> SANDBOX_CONTROLLERS = List.of("cpu", "cpuacct", "memory", "pids", "name=systemd");

    private final CgroupMode mode;
    private final List<Path> hierarchies;
    private final List<Path> others;
    private final OomCounters ooms;
    private final CgroupDirectories directories;
    private final TransientScopes scopes;

    public Cgroups(HostFacts host, Syscalls syscalls) {
        this(
                host.cgroupMode(),
                hierarchies(host),
                others(host),
                memory(host),
                new CgroupDirectories(syscalls),
                TransientScopes.ofHost());
    }

    /**
     * @param hierarchies mount points in which sandboxes have cgroups
     * @param others mount points in which only runtimes make cgroups, for containers
     */
    Cgroups(
            CgroupMode mode,
            List<Path> hierarchies,
            List<Path> others,
            Path memory,
            CgroupDirectories directories,
            TransientScopes scopes) {
        this.mode = mode;
        this.ooms = new OomCounters(mode, memory);
        this.hierarchies = List.copyOf(hierarchies);
        this.others = List.copyOf(others);
        this.directories = directories;
        this.scopes = scopes;
    }

    private static List<Path> hierarchies(HostFacts host) {
        Set<Path> mounts = new LinkedHashSet<>();
        for (String controller : SANDBOX_CONTROLLERS) {
            Path mount = host.cgroupControllers().get(controller);
            if (mount != null) {
                mounts.add(mount);
            }
        }
        host.cgroup2().ifPresent(mounts::add);
        return List.copyOf(mounts);
    }

    private static List<Path> others(HostFacts host) {
        Set<Path> mounts = new LinkedHashSet<>(host.cgroupControllers().values());
        hierarchies(host).forEach(mounts::remove);
        return List.copyOf(mounts);
    }

    private static Path memory(HostFacts host) {
        return host.cgroupMode() == CgroupMode.V2
                ? host.cgroup2().orElse(Path.of("/sys/fs/cgroup"))
                : host.cgroupControllers().getOrDefault("memory", Path.of("/sys/fs/cgroup/memory"));
    }

    /**
     * Makes a sandbox's cgroup in every hierarchy that a sandbox needs. Missing parents are made in all hierarchies, so that
     * it is known that they are Gantry's when a runtime uses them. A cgroup that is there already is used.
     *
     * @return the files to which the sandbox's process writes its pid to enter
     * @throws GantryException when the kernel refuses; what was made stays for {@link #remove}
     */
    public List<Path> create(String path) {
        String action = "create cgroup " + path;
        requireLeaf(action, path);
        List<Path> entries = new ArrayList<>();
        try {
            for (Path hierarchy : hierarchies) {
                entries.add(directories.create(hierarchy, path).resolve("cgroup.procs"));
            }
            for (Path hierarchy : others) {
                directories.createParents(hierarchy, path);
            }
        } catch (IOException e) {
            throw failure(action, e);
        }
        return entries;
    }

    /**
     * Removes the cgroup of a sandbox or container with the cgroups in it, and then those of its parents that Gantry made
     * and that are empty. One that is not there is no error. The scope of a runtime is left to systemd first.
     *
     * @throws GantryException FAILED_PRECONDITION when processes are in it; it stays
     */
    public void remove(String path) throws InterruptedException {
        String action = "remove cgroup " + path;
        requireLeaf(action, path);
        scopes.awaitUnload(path);
        for (Path hierarchy : all()) {
            try {
                directories.removeTree(hierarchy, path);
            } catch (IOException e) {
                List<Integer> left = directories.processes(hierarchy, path);
                if (left.isEmpty()) {
                    throw failure(action, e);
                }
                throw GantryException.of(
                                ErrorKind.FAILED_PRECONDITION, action, "processes " + left + " are still in it")
                        .withRemedy("it can be removed when they have ended")
                        .causedBy(e);
            }
        }
        // While a sandbox is in a parent, its containers need that parent in the other hierarchies as well.
        hierarchies.forEach(hierarchy -> directories.removeMadeParents(hierarchy, path, parent -> true));
        Predicate<String> gone = parent -> !existsIn(hierarchies, parent);
        others.forEach(hierarchy -> directories.removeMadeParents(hierarchy, path, gone));
    }

    /** Whether the cgroup is there in any hierarchy. */
    public boolean exists(String path) {
        return existsIn(all(), path);
    }

    private static boolean existsIn(List<Path> mounts, String path) {
        return mounts.stream().anyMatch(mount -> Files.isDirectory(mount.resolve(path.substring(1))));
    }

    private List<Path> all() {
        List<Path> all = new ArrayList<>(hierarchies);
        all.addAll(others);
        return all;
    }

    /**
     * How many processes of a cgroup the kernel's OOM killer has killed; empty when the cgroup is gone or does not count
     * them. v1 counts the cgroup alone, v2 those below it as well.
     */
    public OptionalLong oomKills(String path) {
        return ooms.of(path);
    }

    /**
     * How many processes of cgroups that were below a parent, and are gone, the OOM killer has killed. Empty on v1, which
     * forgets them, and when the parent is gone or does not count.
     */
    public OptionalLong oomKillsOfGone(String parent) {
        return ooms.ofGone(parent);
    }

    /**
     * Whether the kernel holds the processes of a cgroup, or is about to: cgroup.freeze of v2, freezer.state of v1. False
     * when the cgroup is gone or cannot be frozen.
     */
    public boolean isFrozen(String path) {
        return all().stream()
                .map(hierarchy -> hierarchy.resolve(path.substring(1)))
                .anyMatch(directories::isFrozen);
    }

    /** The processes of a cgroup and of those below it, as pids of this PID namespace; empty when it is gone. */
    public List<Integer> processes(String path) {
        Set<Integer> pids = new LinkedHashSet<>();
        for (Path hierarchy : all()) {
            pids.addAll(directories.processes(hierarchy, path));
        }
        return List.copyOf(pids);
    }

    /**
     * Sends SIGKILL to every process of a cgroup and of those below it: at once through cgroup.kill (Linux 5.14) on v2, else
     * one by one until none is left. Returns without waiting for their end; a cgroup that is gone is no error.
     */
    public void killAll(String path) {
        requireLeaf("kill cgroup " + path, path);
        if (mode == CgroupMode.V2 && directories.killAtOnce(hierarchies.getFirst(), path)) {
            return;
        }
        // A process may start children while others are being killed.
        for (int round = 0; round < 16; round++) {
            List<Integer> pids = processes(path);
            if (pids.isEmpty()) {
                return;
            }
            pids.forEach(pid -> directories.signalMember(pid, path, Signals.SIGKILL));
        }
    }

    /** The root of a hierarchy holds processes of the whole host. */
    private static void requireLeaf(String action, String path) {
        if (!path.startsWith("/")
                || path.length() < 2
                || !Path.of(path).normalize().toString().equals(path)) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT, action, "it is not the normal absolute path of a cgroup");
        }
    }

    private static GantryException failure(String action, IOException e) {
        String text = String.valueOf(e.getMessage());
        ErrorKind kind = text.contains("No space left") || text.contains("temporarily unavailable")
                ? ErrorKind.RESOURCE_EXHAUSTED
                : ErrorKind.INTERNAL;
        return GantryException.of(kind, action, text).causedBy(e);
    }
}
