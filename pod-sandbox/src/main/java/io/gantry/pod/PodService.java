package io.gantry.pod;

import io.gantry.cni.network.PodNetworks;
import io.gantry.image.service.ImageService;
import io.gantry.platform.linux.FdWatcher;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.storage.FileErrors;
import io.gantry.pod.activity.Activities;
import io.gantry.pod.cdi.CdiSpecs;
import io.gantry.pod.cgroup.CgroupDriver;
import io.gantry.pod.cgroup.CgroupPaths;
import io.gantry.pod.cgroup.Cgroups;
import io.gantry.pod.container.ContainerParts;
import io.gantry.pod.container.Containers;
import io.gantry.pod.events.EventStreams;
import io.gantry.pod.events.PodEvents;
import io.gantry.pod.metrics.PodMetrics;
import io.gantry.pod.monitor.Conmon;
import io.gantry.pod.monitor.ConmonControl;
import io.gantry.pod.monitor.ExitFiles;
import io.gantry.pod.namespace.PodNamespaces;
import io.gantry.pod.pause.PauseProcess;
import io.gantry.pod.plugin.PodAccess;
import io.gantry.pod.plugin.PodPlugins;
import io.gantry.pod.runtime.HandlerConfig;
import io.gantry.pod.runtime.OciRuntimes;
import io.gantry.pod.runtime.RuntimeHandlers;
import io.gantry.pod.sandbox.PodSandboxes;
import io.gantry.pod.sandbox.SandboxParts;
import io.gantry.pod.spec.DefaultRlimits;
import io.gantry.pod.spec.HostLimits;
import io.gantry.pod.spec.OciSpecBuilder;
import io.gantry.pod.state.Ids;
import io.gantry.pod.state.PodPaths;
import io.gantry.pod.state.PodState;
import io.gantry.pod.stats.PodStats;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * Sandboxes and containers of one node: puts the parts of this module together and hands out its façades. {@link #recover}
 * must have returned before the first call, {@link #reconcile} may run beside calls. Closing it leaves every pod running.
 */
public final class PodService implements AutoCloseable {
    private static final Duration PAUSE_TIMEOUT = Duration.ofSeconds(30);

    private final PodState state;
    private final PodSandboxes sandboxes;
    private final Containers containers;
    private final RuntimeHandlers handlers;
    private final CgroupDriver cgroupDriver;
    private final PodEvents events;
    private final EventStreams eventStreams;
    private final PodStats stats;
    private final PodMetrics metrics;
    private final Recovery recovery;
    private final Reconciler reconciler;
    private final Activities activities;
    private final ExecutorService executor;

    private PodService(
            PodServiceConfig config,
            ImageService images,
            PodNetworks networks,
            ProcessRunner processes,
            Syscalls syscalls,
            Mounts mounts,
            HostFacts host,
            PodPlugins plugins) {
        Clock clock = Clock.systemUTC();
        Ids ids = new Ids();
        PodPaths paths = new PodPaths(config.root(), config.state());
        makeDirectories(paths);
        this.state = new PodState(paths);
        this.activities = new Activities(state, networks::running, clock);
        this.events = new PodEvents();
        this.eventStreams = new EventStreams(events, state);
        this.executor = Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("containers-", 0).factory());
        this.cgroupDriver = CgroupDriver.choose(config.cgroupDriver(), host);
        this.handlers = RuntimeHandlers.open(config.handlers(), config.defaultHandler(), host, processes);
        OciRuntimes runtimes = new OciRuntimes(handlers, cgroupDriver, processes, paths.execs(), config.pauseProgram());
        CgroupPaths cgroupPaths = new CgroupPaths(cgroupDriver);
        Cgroups cgroups = new Cgroups(host, syscalls);
        HostLimits limits = HostLimits.of(host);
        ExitFiles exits = new ExitFiles(paths.exits());
        PodNamespaces namespaces = new PodNamespaces(paths, mounts);
        this.containers = new Containers(
                new ContainerParts(
                        state,
                        images,
                        runtimes,
                        new OciSpecBuilder(
                                limits,
                                syscalls,
                                new CdiSpecs(config.cdiSpecDirs()),
                                DefaultRlimits.of(config.defaultRlimits(), host, syscalls)),
                        limits,
                        new Conmon(
                                conmon(config.conmon(), host),
                                paths.exits(),
                                paths.sockets(),
                                config.logSizeMax(),
                                processes,
                                syscalls,
                                FdWatcher.shared()),
                        new ConmonControl(syscalls),
                        exits,
                        cgroupPaths,
                        cgroups,
                        namespaces,
                        host,
                        mounts,
                        events,
                        plugins,
                        activities,
                        ids,
                        clock,
                        config.operationTimeout()),
                executor);
        this.sandboxes = new PodSandboxes(SandboxParts.of(
                state,
                networks,
                containers,
                handlers,
                cgroupPaths,
                cgroups,
                namespaces,
                mounts,
                new PauseProcess(config.pauseProgram()),
                processes,
                host,
                events,
                plugins,
                activities,
                ids,
                clock,
                PAUSE_TIMEOUT));
        this.stats = PodStats.of(
                state, host, images::usage, images.containerFsUsage().mountpoint(), syscalls, executor, clock);
        this.metrics = new PodMetrics(stats);
        this.recovery = new Recovery(state, containers, exits, host.bootId(), clock);
        this.reconciler =
                new Reconciler(state, sandboxes, containers, config.handlers().keySet(), networks, images, exits);
    }

    /**
     * Makes the service; nothing is started and no record is read yet.
     *
     * @throws io.gantry.platform.error.GantryException for a configuration that cannot work on this host
     */
    public static PodService open(
            PodServiceConfig config,
            ImageService images,
            PodNetworks networks,
            ProcessRunner processes,
            Syscalls syscalls,
            Mounts mounts,
            HostFacts host) {
        return open(config, images, networks, processes, syscalls, mounts, host, PodPlugins.NONE);
    }

    /**
     * As above, with plugins that take part in the life of pods.
     *
     * @param plugins they may see nothing before {@link #recover} has returned
     */
    public static PodService open(
            PodServiceConfig config,
            ImageService images,
            PodNetworks networks,
            ProcessRunner processes,
            Syscalls syscalls,
            Mounts mounts,
            HostFacts host,
            PodPlugins plugins) {
        return new PodService(config, images, networks, processes, syscalls, mounts, host, plugins);
    }

    private static String conmon(String configured, HostFacts host) {
        return configured.startsWith("/")
                ? configured
                : host.findProgram(configured).map(Path::toString).orElse(configured);
    }

    private static void makeDirectories(PodPaths paths) {
        for (Path directory : List.of(
                paths.sandboxRecords(),
                paths.containerRecords(),
                paths.checkpoints(),
                paths.restores(),
                paths.sandboxes(),
                paths.bundles(),
                paths.exits(),
                paths.sockets(),
                paths.execs())) {
            try {
                Files.createDirectories(
                        directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx--x--x")));
            } catch (IOException e) {
                throw FileErrors.during("create directory " + directory, e);
            }
        }
    }

    /** The handlers table with the runtime roots that a configuration leaves out. */
    public static HandlerConfig handler(Path state, String name, String path, String root, @Nullable Path baseSpec) {
        return new HandlerConfig(
                path, root.isEmpty() ? state.resolve("runtimes").resolve(name).toString() : root, baseSpec);
    }

    public PodSandboxes sandboxes() {
        return sandboxes;
    }

    public Containers containers() {
        return containers;
    }

    public RuntimeHandlers handlers() {
        return handlers;
    }

    public CgroupDriver cgroupDriver() {
        return cgroupDriver;
    }

    public PodEvents events() {
        return events;
    }

    /** Events for subscribers outside; to be closed before the server that they are connected to. */
    public EventStreams eventStreams() {
        return eventStreams;
    }

    public PodStats stats() {
        return stats;
    }

    public PodMetrics metrics() {
        return metrics;
    }

    /** What is being done, and how long it took. */
    public Activities activities() {
        return activities;
    }

    /** What plugins may see and do. */
    public PodAccess access() {
        return new LivePodAccess(state, containers);
    }

    /** Reads the records and settles what changed while no daemon ran; runs no process. */
    public void recover() {
        containers.startWatching();
        reconciler.noteLeftovers();
        recovery.execute();
        reconciler.noteRecords();
        sandboxes.watchPauseProcesses();
        stats.start();
    }

    /**
     * Finishes what a crash cut short and removes what no record knows; see {@link Reconciler}. What fails is tried again by
     * the next call.
     *
     * @return whether nothing is left to do
     */
    public boolean reconcile() throws InterruptedException {
        return reconciler.execute();
    }

    /** {@link #reconcile} until nothing is left to do, and a collection of networks every few hours; never returns. */
    public void keepReconciled() throws InterruptedException {
        new Upkeep(reconciler::execute, reconciler::executeWithCollection, Thread::sleep).run();
    }

    @Override
    public void close() {
        sandboxes.close();
        eventStreams.close();
        stats.close();
        containers.close();
        executor.shutdown();
    }
}
