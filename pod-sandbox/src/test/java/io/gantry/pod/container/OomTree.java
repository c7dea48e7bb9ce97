package io.gantry.pod.container;

import io.gantry.platform.linux.CgroupMode;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.storage.Trees;
import io.gantry.pod.cgroup.Cgroups;
import io.gantry.pod.config.LinuxResources;
import io.gantry.pod.config.NamespaceOptions;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodState;
import io.gantry.pod.testing.Samples;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** A slice with scopes in it, as directories: its counter keeps the kills of scopes that are gone, as the kernel's does. */
final class OomTree {
    private static final String SLICE = "/pods.slice/pods-a.slice";

    private final Path mount;
    private final Path directory;
    private long kills;
    private PodState state;
    private CgroupOomDetector detector;

    OomTree(Path directory) {
        this.directory = directory;
        this.mount = directory.resolve("cgroup");
        this.state = new PodState(new PodPaths(directory.resolve("root"), directory.resolve("state")));
        this.detector = new CgroupOomDetector(state, new Cgroups(host(mount), JnaSyscalls.instance()));
        write(SLICE, 0);
    }

    /** The daemon's memory is lost, its records are not. */
    void restart() {
        state = new PodState(new PodPaths(directory.resolve("root"), directory.resolve("state")));
        var unused = state.load();
        detector = new CgroupOomDetector(state, new Cgroups(host(mount), JnaSyscalls.instance()));
    }

    CgroupOomDetector detector() {
        return detector;
    }

    /** A created container in a scope of its own. */
    void create(String id) {
        write(scope(id), 0);
        Container container = new Container(
                id,
                "sandbox",
                Samples.containerConfig(id, NamespaceOptions.DEFAULT),
                Samples.container(id, "sandbox").status().created(new ProcessIdentity(1, 2), null),
                "runc",
                "sha256:1",
                "sha256:1",
                "",
                "SIGTERM",
                scope(id),
                LinuxResources.NONE,
                null,
                "boot");
        state.containers().put(id, container);
    }

    /** A container that runs, started with what is to be noted at its start. */
    void run(String id) {
        create(id);
        Long foreign = detector.foreignKills(container(id));
        var unused = state.containers()
                .update(
                        id,
                        current -> current.withStatus(current.status()
                                .starting(Samples.TIME)
                                .withForeignOomKills(foreign)
                                .running(Samples.TIME)));
    }

    /** The kernel kills processes in the container's cgroup. */
    void kill(String id, int count) {
        kills += count;
        write(scope(id), count);
        write(SLICE, kills);
    }

    /** systemd removes the scope. */
    void vanish(String id) {
        Trees.delete(mount.resolve(scope(id).substring(1)));
    }

    void mark(String id) {
        Path bundle = state.paths().bundle(id);
        try {
            Files.createDirectories(bundle);
            Files.writeString(bundle.resolve("oom"), "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the container's end is told as: whether by the OOM killer. */
    boolean ends(String id, int code) {
        Container container = container(id);
        boolean oom = detector.wasOomKilled(container, code);
        settle(id, code);
        return oom;
    }

    void settle(String id, int code) {
        var unused = state.containers()
                .update(id, current -> current.withStatus(current.status().exited(Samples.TIME, code, "Error", "")));
    }

    /** Its clean-up: the scope is gone then at the latest. */
    void cleanUp(String id) {
        vanish(id);
        detector.cgroupRemoved(container(id));
    }

    Container container(String id) {
        return state.containers().find(id).orElseThrow();
    }

    private static String scope(String id) {
        return SLICE + "/gantry-" + id + ".scope";
    }

    private void write(String cgroup, long count) {
        Path at = mount.resolve(cgroup.substring(1));
        try {
            Files.createDirectories(at);
            Files.writeString(
                    at.resolve("memory.events"),
                    "low 0\nhigh 0\nmax 7\noom 7\noom_kill " + count + "\noom_group_kill 0\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static HostFacts host(Path mount) {
        return new HostFacts(
                "6.12.0",
                "boot",
                true,
                Set.of(),
                Set.of(),
                CgroupMode.V2,
                Map.of(),
                Optional.of(mount),
                true,
                0,
                true,
                false,
                false,
                true,
                true,
                List.of());
    }
}
