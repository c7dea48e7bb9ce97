package io.gantry.pod.container;

import io.gantry.image.service.ImageService;
import io.gantry.image.service.ImageServiceConfig;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.linux.ProcessIdentity;
import io.gantry.platform.process.Command;
import io.gantry.platform.process.RunningProcess;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.testing.FakeProcessRunner;
import io.gantry.platform.testing.FakeProcessRunner.Reply;
import io.gantry.platform.testing.TestDirectories;
import io.gantry.pod.activity.Activities;
import io.gantry.pod.cgroup.CgroupDriver;
import io.gantry.pod.cgroup.CgroupPaths;
import io.gantry.pod.cgroup.Cgroups;
import io.gantry.pod.events.PodEvent;
import io.gantry.pod.events.PodEvents;
import io.gantry.pod.monitor.Conmon;
import io.gantry.pod.monitor.ConmonControl;
import io.gantry.pod.monitor.ExitFiles;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.plugin.PodPlugins;
import io.gantry.pod.runtime.HandlerConfig;
import io.gantry.pod.runtime.OciRuntimes;
import io.gantry.pod.runtime.RuntimeHandlers;
import io.gantry.pod.spec.HostLimits;
import io.gantry.pod.spec.OciSpecBuilder;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.Ids;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodState;
import io.gantry.pod.testing.Samples;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/**
 * The parts that container verbs work with: real records, exit files and processes, and an OCI runtime that is scripted. Needs
 * no root. The processes of a container are programs of the test's own choice.
 */
final class ContainerFixture implements AutoCloseable {
    private final TestDirectories directories = TestDirectories.create();
    private final List<RunningProcess> started = new ArrayList<>();
    private final ImageService images;
    final ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor();
    final FakeProcessRunner runtime = new FakeProcessRunner();
    final List<String> events = new CopyOnWriteArrayList<>();
    final Path runc;
    final ContainerParts parts;

    ContainerFixture() throws IOException {
        runc = directories.file("bin/runc", "#!/bin/sh\n");
        Files.setPosixFilePermissions(runc, PosixFilePermissions.fromString("rwxr-xr-x"));
        runtime.on(Reply.ok("{}"), runc.toString(), "features");
        runtime.on(Reply.ok("runc version 1.1.5\n"), runc.toString(), "--version");
        PodPaths paths = new PodPaths(directories.dir("root"), directories.dir("state"));
        Path unused = directories.dir("state/exits");
        PodState state = new PodState(paths);
        HostFacts host = HostFacts.detect();
        Mounts mounts = new Mounts(JnaSyscalls.instance());
        images = ImageService.open(
                ImageServiceConfig.defaults(directories.dir("root"), directories.dir("registries")),
                JnaSyscalls.instance(),
                mounts);
        RuntimeHandlers handlers = RuntimeHandlers.open(
                Map.of(
                        "runc",
                        new HandlerConfig(
                                runc.toString(), directories.dir("runtime").toString(), null)),
                "runc",
                host,
                runtime);
        PodEvents published = new PodEvents();
        var subscription = published.subscribe(this::note);
        parts = new ContainerParts(
                state,
                images,
                new OciRuntimes(handlers, CgroupDriver.CGROUPFS, runtime, paths.execs(), Path.of("/usr/bin/false")),
                new OciSpecBuilder(HostLimits.of(host), JnaSyscalls.instance()),
                HostLimits.of(host),
                new Conmon(
                        "conmon",
                        paths.exits(),
                        paths.sockets(),
                        -1,
                        runtime,
                        JnaSyscalls.instance(),
                        FdWatcher.shared()),
                new ConmonControl(JnaSyscalls.instance()),
                new ExitFiles(paths.exits()),
                new CgroupPaths(CgroupDriver.CGROUPFS),
                new Cgroups(host, JnaSyscalls.instance()),
                new PodNamespaces(paths, mounts),
                host,
                mounts,
                published,
                PodPlugins.NONE,
                new Activities(state, List::of, Clock.systemUTC()),
                new Ids(),
                Clock.systemUTC(),
                Duration.ofSeconds(30));
        assert subscription != null;
    }

    private void note(PodEvent event) {
        events.add(event.kind() + " " + event.containerId());
    }

    /** What the runtime answers to one of its commands. */
    void onRuntime(Reply reply, String verb) {
        runtime.on(reply, runtimeCommand(verb));
    }

    /** How a command line of the runtime begins. */
    String[] runtimeCommand(String verb) {
        return new String[] {
            runc.toString(), "--root", directories.dir("runtime").toString(), verb
        };
    }

    /** A process that runs this script and is killed when the fixture is closed. */
    RunningProcess process(String script) {
        RunningProcess process = SpawnProcessRunner.shared().start(Command.of("sh", "-c", script));
        started.add(process);
        return process;
    }

    static ProcessIdentity identity(RunningProcess process) {
        return ProcessIdentity.of(process.pid()).orElseThrow();
    }

    /** A created container with these processes. */
    Container created(String id, RunningProcess init, RunningProcess monitor) {
        Container container = Samples.container(id, "sandbox");
        container = container.withStatus(container.status().created(identity(init), identity(monitor)));
        parts.state().containers().put(id, container);
        return container;
    }

    Container running(String id, RunningProcess init, RunningProcess monitor) {
        Container created = created(id, init, monitor);
        Container container = created.withStatus(created.status().running(Samples.TIME));
        parts.state().containers().put(id, container);
        return container;
    }

    /** Does what conmon does at the end of a container: the code appears whole. */
    void writeExit(String id, int code) {
        Path exits = parts.exits().directory();
        try {
            Path next = Files.writeString(exits.resolve(id + ".tmp"), Integer.toString(code));
            Files.move(next, exits.resolve(id), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the exit file when that process ends, as its conmon would. */
    void writeExitAtEndOf(String id, RunningProcess init) {
        var unused = init.exited().thenAccept(status -> writeExit(id, status.code()));
    }

    Container status(String id) {
        return parts.state().containers().find(id).orElseThrow();
    }

    static void await(BooleanSupplier condition, String what) {
        Deadline deadline = Deadline.after(Duration.ofSeconds(30));
        while (!condition.getAsBoolean()) {
            if (deadline.isExpired()) {
                throw new AssertionError("waited in vain for " + what);
            }
            try {
                Thread.sleep(5);
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
    }

    @Override
    public void close() {
        started.forEach(process -> {
            process.killGroup();
            process.close();
        });
        executor.shutdown();
        images.close();
        directories.close();
    }
}
