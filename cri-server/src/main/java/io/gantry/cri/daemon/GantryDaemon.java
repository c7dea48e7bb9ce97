package io.gantry.cri.daemon;

import io.gantry.cni.network.CniConfig;
import io.gantry.cni.network.PodNetworks;
import io.gantry.cri.check.Finding;
import io.gantry.cri.check.HostCheck;
import io.gantry.cri.cli.ExitCodes;
import io.gantry.cri.config.ConfigLoader;
import io.gantry.cri.config.GantryConfig;
import io.gantry.cri.config.ImageSettings;
import io.gantry.cri.config.NriConfig;
import io.gantry.cri.config.ProgramHome;
import io.gantry.cri.config.RuntimeConfig;
import io.gantry.cri.config.StreamingConfig;
import io.gantry.cri.grpc.CriServer;
import io.gantry.cri.grpc.Readiness;
import io.gantry.cri.grpc.SocketAccess;
import io.gantry.cri.image.ImageServiceEndpoint;
import io.gantry.cri.image.ImagesEndpoint;
import io.gantry.cri.local.DataLock;
import io.gantry.cri.logging.LogSetup;
import io.gantry.cri.nri.NriOptions;
import io.gantry.cri.nri.NriService;
import io.gantry.cri.runtime.RuntimeServiceEndpoint;
import io.gantry.cri.streaming.StreamingOptions;
import io.gantry.cri.streaming.StreamingServer;
import io.gantry.cri.v1.ImageServiceGrpc;
import io.gantry.cri.v1.RuntimeServiceGrpc;
import io.gantry.cri.version.GantryVersion;
import io.gantry.image.service.ImageService;
import io.gantry.platform.concurrent.TaskScope;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Mounts;
import io.gantry.platform.linux.ResidentPages;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.pod.PodService;
import io.gantry.pod.PodServiceConfig;
import io.gantry.pod.plugin.PodPlugins;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The daemon: every part is made here, by hand, in the order in which it is started. The socket comes last, so that whoever
 * sees it gets answers. Stopping goes the other way; pods keep running.
 */
public final class GantryDaemon implements AutoCloseable {
    /** Conmon's own limit of a log's size; the kubelet rotates logs, so there is none. */
    private static final long NO_LOG_LIMIT = -1;

    /** By then the first calls have been answered. */
    private static final Duration START_IS_OVER = Duration.ofSeconds(20);

    private static final Duration LET_GO_INTERVAL = Duration.ofMinutes(5);

    private static final Logger log = LoggerFactory.getLogger(GantryDaemon.class);

    private final GantryConfig config;
    private final Map<String, String> environment;
    private final Lifecycle lifecycle = new Lifecycle();

    GantryDaemon(GantryConfig config, Map<String, String> environment) {
        this.config = config;
        this.environment = Map.copyOf(environment);
    }

    /** Runs until a signal asks for the end, and returns the exit code. */
    static int serve(ServeOptions options, Map<String, String> environment) {
        ConfigLoader.Loaded loaded = ConfigLoader.load(options.config());
        GantryConfig config;
        try {
            config = loaded.orThrow();
        } catch (GantryException e) {
            System.err.println("gantry serve: " + e.getMessage());
            return ExitCodes.CONFIGURATION;
        }
        LogSetup.install(config.log(), environment);
        Thread.setDefaultUncaughtExceptionHandler(
                (thread, failure) -> log.error("thread ended unexpectedly: thread=\"{}\"", thread.getName(), failure));
        Termination termination = Termination.listen();
        log.info(
                "starting: version={} pid={} files=\"{}\"",
                GantryVersion.current(),
                ProcessHandle.current().pid(),
                loaded.files());
        try (GantryDaemon daemon = new GantryDaemon(config, environment)) {
            daemon.start();
            termination.await();
            return ExitCodes.OK;
        } catch (GantryException e) {
            log.error("cannot start: error=\"{}\"", e.getMessage(), e.kind() == ErrorKind.INTERNAL ? e : null);
            return ExitCodes.FAILURE;
        } catch (InterruptedException e) {
            return ExitCodes.FAILURE;
        } catch (RuntimeException | Error e) {
            log.error("cannot start", e);
            return ExitCodes.FAILURE;
        } finally {
            log.info("stopped");
        }
    }

    /**
     * Starts every part and returns when calls are answered.
     *
     * @throws GantryException when a part cannot be started; {@link #close} then stops what was
     */
    void start() throws InterruptedException {
        long begin = System.nanoTime();
        EventLoopGroup eventLoop = new MultiThreadIoEventLoopGroup(
                1, Thread.ofPlatform().name("gantry-io-", 0).daemon().factory(), EpollIoHandler.newFactory());
        lifecycle.started(
                "event loop",
                () -> eventLoop.shutdownGracefully(0, 2, TimeUnit.SECONDS).awaitUninterruptibly(3, TimeUnit.SECONDS));
        SdNotify manager = lifecycle.started("service manager", SdNotify.connect(environment, eventLoop));

        lifecycle.started("lock of root", DataLock.of(config.root()));
        lifecycle.started("lock of state", DataLock.of(config.state()));
        HostFacts host = HostFacts.detect();
        Path pause = pauseProgram();
        checkHost(host, pause);

        Syscalls syscalls = JnaSyscalls.instance();
        Mounts mounts = new Mounts(syscalls);
        SpawnProcessRunner processes = SpawnProcessRunner.shared();
        ImageService images;
        PodNetworks networks;
        try (TaskScope scope = new TaskScope("start")) {
            var openImages = scope.fork(
                    "images",
                    () -> lifecycle.started(
                            "images",
                            ImageService.open(
                                    ImageSettings.service(config), ImageSettings.policies(config), syscalls, mounts)));
            var openNetworks = scope.fork(
                    "networks", () -> lifecycle.started("networks", PodNetworks.open(networks(config), processes)));
            // The classes of the wire contract take longer to load than a store to open.
            var loadContract = scope.fork(
                    "contract",
                    () -> List.of(RuntimeServiceGrpc.getServiceDescriptor(), ImageServiceGrpc.getServiceDescriptor()));
            scope.join();
            log.debug("wire contract: services={}", loadContract.get().size());
            images = openImages.get();
            networks = openNetworks.get();
        }
        @Nullable NriService plugins = config.nri().enable() ? new NriService(nri(config)) : null;
        PodService pods = lifecycle.started(
                "pods",
                PodService.open(
                        pods(config, pause),
                        images,
                        networks,
                        processes,
                        syscalls,
                        mounts,
                        host,
                        plugins == null ? PodPlugins.NONE : plugins));
        pods.recover();
        if (plugins != null) {
            lifecycle.started("NRI plugins", plugins).start(pods.access());
        }

        StreamingServer streaming = lifecycle.started(
                "streaming server",
                StreamingServer.start(streaming(config), new DelegatingStreams(pods.containers(), pods.sandboxes())));

        Readiness readiness = new Readiness();
        LiveNode node = new LiveNode(config, host, networks, pods, images);
        CriServer server = new CriServer(
                config.api().socket(),
                new SocketAccess(
                        config.api().mode(), config.api().owner(), config.api().group()),
                eventLoop,
                readiness,
                List.of(
                        new RuntimeServiceEndpoint(
                                new DelegatingSandboxes(pods.sandboxes()),
                                new DelegatingContainers(pods.containers()),
                                streaming::urlFor,
                                node,
                                new LiveStats(pods),
                                Clock.systemUTC()),
                        new ImageServiceEndpoint(
                                new DelegatingImages(images, pods.activities()),
                                config.runtime().handlers().keySet()),
                        new ImagesEndpoint(new DelegatingStore(images))));
        lifecycle.started("background work", startReconciling(pods));
        lifecycle.started("CRI server", () -> server.stop(config.api().drainTimeout()));
        // Subscribers stay forever: the server's stop would wait for them.
        lifecycle.started("event streams", pods.eventStreams());
        readiness.ready();
        server.start();
        lifecycle.started("notice of the stop", manager::stopping);

        long millis = Duration.ofNanos(System.nanoTime() - begin).toMillis();
        log.info("ready: duration_ms={} cgroup_driver={}", millis, pods.cgroupDriver());
        manager.ready("serving on " + config.api().socket());
        manager.startWatchdog(environment, eventLoop);
        var unused = eventLoop.scheduleWithFixedDelay(
                () -> Thread.ofVirtual().start(() -> letGoOfPages(syscalls)),
                START_IS_OVER.toMillis(),
                LET_GO_INTERVAL.toMillis(),
                TimeUnit.MILLISECONDS);
    }

    /**
     * Half of what a fresh daemon holds in memory are file pages that only its start needed; the collection before shrinks
     * the heap that the start has grown.
     */
    private static void letGoOfPages(Syscalls syscalls) {
        try {
            System.gc();
            long bytes = ResidentPages.dropCleanFilePages(syscalls);
            log.debug("let go of file pages: mapped_bytes={}", bytes);
        } catch (RuntimeException e) {
            log.debug("file pages stay in memory: error=\"{}\"", e.toString());
        }
    }

    /** What a crash left is finished beside the first calls, and networks are collected now and then. */
    private static AutoCloseable startReconciling(PodService pods) {
        Thread thread = Thread.ofVirtual().name("reconcile").start(() -> {
            try {
                pods.keepReconciled();
            } catch (InterruptedException e) {
                log.debug("reconciliation ends; the next start goes on with what is left");
            } catch (RuntimeException e) {
                log.error("reconciliation failed; the next start tries again", e);
            }
        });
        return () -> {
            thread.interrupt();
            thread.join(Duration.ofSeconds(10));
        };
    }

    private Path pauseProgram() {
        Optional<Path> pause = ProgramHome.pauseProgram(config.runtime());
        return pause.orElseThrow(() -> GantryException.of(
                        ErrorKind.FAILED_PRECONDITION,
                        "find the pause program",
                        "it is not known where Gantry is installed")
                .withRemedy("start it with bin/gantry of its tree, or set runtime.pause in gantry.toml"));
    }

    /** Refuses to start where nothing could work; what can be put right while the daemon runs is only logged. */
    private void checkHost(HostFacts host, Path pause) {
        for (Finding finding : new HostCheck(config, host, Optional.of(pause)).run()) {
            switch (finding.severity()) {
                case OK -> log.debug("host: subject=\"{}\" found=\"{}\"", finding.subject(), finding.detail());
                case WARNING ->
                    log.info(
                            "host lacks something: subject=\"{}\" problem=\"{}\" remedy=\"{}\"",
                            finding.subject(),
                            finding.detail(),
                            finding.remedy());
                case MISSING -> {
                    if (HostCheck.ESSENTIAL.contains(finding.subject())) {
                        throw GantryException.of(
                                        ErrorKind.FAILED_PRECONDITION,
                                        "check this host",
                                        finding.subject() + ": " + finding.detail())
                                .withRemedy(finding.remedy());
                    }
                    log.warn(
                            "host lacks something: subject=\"{}\" problem=\"{}\" remedy=\"{}\"",
                            finding.subject(),
                            finding.detail(),
                            finding.remedy());
                }
            }
        }
    }

    private static StreamingOptions streaming(GantryConfig config) {
        StreamingConfig streaming = config.streaming();
        StreamingOptions options = StreamingOptions.of(
                        streaming.address().host(), streaming.address().port())
                .withTimeouts(streaming.idleTimeout(), streaming.creationTimeout());
        return streaming.tlsCertFile().isEmpty()
                ? options
                : options.withTls(Path.of(streaming.tlsCertFile()), Path.of(streaming.tlsKeyFile()));
    }

    private static CniConfig networks(GantryConfig config) {
        return CniConfig.of(
                        config.network().confDir(),
                        config.network().binDirs(),
                        config.root().resolve("networks"))
                .withPluginTimeout(config.network().pluginTimeout());
    }

    private static NriOptions nri(GantryConfig config) {
        NriConfig nri = config.nri();
        return new NriOptions(
                nri.socket(),
                nri.pluginDir(),
                nri.configDir(),
                config.state(),
                nri.registrationTimeout(),
                nri.requestTimeout(),
                GantryVersion.current());
    }

    private static PodServiceConfig pods(GantryConfig config, Path pause) {
        RuntimeConfig runtime = config.runtime();
        return new PodServiceConfig(
                config.root(),
                config.state(),
                pause,
                runtime.conmon(),
                runtime.handlerTable(config.state()),
                runtime.defaultHandler(),
                runtime.cgroupDriver(),
                NO_LOG_LIMIT,
                runtime.operationTimeout(),
                runtime.cdiSpecDirs(),
                runtime.defaultRlimits());
    }

    /** Stops what was started, in reverse; pods keep running. Never fails. */
    @Override
    public void close() {
        lifecycle.close();
    }
}
