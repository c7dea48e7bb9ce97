package io.gantry.cri.nri;

import io.gantry.cri.nri.proto.ContainerUpdate;
import io.gantry.cri.nri.proto.UpdateContainersRequest;
import io.gantry.cri.nri.proto.UpdateContainersResponse;
import io.gantry.platform.concurrent.Deadline;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.pod.plugin.Admission;
import io.gantry.pod.plugin.PodAccess;
import java.nio.channels.ByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The plugins that take part. One joins between two events, not beside one: it is told what exists while nothing comes into
 * being or ends, so that it neither misses anything nor is told of it twice.
 */
final class Members implements AutoCloseable {
    private static final Logger log = LoggerFactory.getLogger(Members.class);

    private static final int TRIES_TO_JOIN = 3;
    private static final Duration SHUTDOWN_PATIENCE = Duration.ofSeconds(1);

    private final NriOptions options;
    private final ReentrantReadWriteLock gate = new ReentrantReadWriteLock();
    private volatile List<Plugin> plugins = List.of();
    private volatile @Nullable PodAccess access;
    private final CountDownLatch launched = new CountDownLatch(1);
    private volatile Deadline launchedBy = Deadline.NONE;
    private volatile @Nullable Thread launch;
    private final PluginListener listener;
    private final PluginLauncher launcher;

    Members(NriOptions options) {
        this.options = options;
        this.listener = new PluginListener(options.socket());
        this.launcher = new PluginLauncher(options, JnaSyscalls.instance(), SpawnProcessRunner.shared());
    }

    /** Returns once plugins can connect; those that are installed are started meanwhile. */
    void start(PodAccess pods) {
        access = pods;
        launchedBy = Deadline.after(options.registrationTimeout().plus(options.requestTimeout()));
        listener.start(channel -> join(channel, null, ""));
        launch = Thread.ofVirtual().name("nri-launch").start(() -> {
            try {
                launcher.startAll(this::join);
            } catch (InterruptedException e) {
                log.debug("the start of NRI plugins was cut off");
            } finally {
                launched.countDown();
            }
        });
    }

    /**
     * Returns once each of the installed plugins takes part or does not; one that hangs is waited for as long as it may take
     * to register and be configured. Whatever is made then it is told of when it joins.
     */
    void awaitInstalled() throws InterruptedException {
        if (!launched.await(launchedBy.remaining().toNanos(), TimeUnit.NANOSECONDS)) {
            log.debug("installed NRI plugins are not waited for any longer");
        }
    }

    PodAccess access() {
        return Objects.requireNonNull(access, "NRI is not started");
    }

    /** In the order in which they are asked. */
    List<Plugin> list() {
        return plugins;
    }

    Admission admit() throws InterruptedException {
        gate.readLock().lockInterruptibly();
        return gate.readLock()::unlock;
    }

    /**
     * Brings a new connection to where its plugin takes part. Never fails: a plugin that fails to join is disconnected.
     *
     * @param known what it is called, null when it has to say so
     * @return whether it takes part
     */
    boolean join(ByteChannel channel, @Nullable PluginName known, String config) throws InterruptedException {
        PluginConnection connection = new PluginConnection(channel, known, this::update);
        try {
            PluginName name = connection.awaitRegistration(options, reason -> left(connection, reason));
            Plugin plugin = Plugin.configure(name, connection.mux(), connection.client(), options, config);
            List<ContainerUpdate> updates = synchronize(plugin);
            log.info("NRI plugin takes part: plugin={}", name);
            var unused = Updates.applyAll(access(), updates);
            return true;
        } catch (GantryException e) {
            log.warn("NRI plugin does not take part: error=\"{}\"", e.getMessage());
            connection.mux().close(String.valueOf(e.getMessage()));
            return false;
        } catch (InterruptedException | RuntimeException | Error e) {
            connection.mux().close("joining was cut off");
            throw e;
        }
    }

    private List<ContainerUpdate> synchronize(Plugin plugin) throws InterruptedException {
        Duration limit = options.registrationTimeout().compareTo(options.requestTimeout()) > 0
                ? options.registrationTimeout()
                : options.requestTimeout();
        lockGate(plugin, limit);
        try {
            List<ContainerUpdate> updates = Synchronization.run(
                    plugin,
                    access().sandboxes().stream().map(PodMessages::of).toList(),
                    access().containers().stream()
                            .map(container -> ContainerMessages.of(
                                    container, access().spec(container.id()).orElse(null)))
                            .toList(),
                    limit);
            add(plugin);
            return updates;
        } finally {
            gate.writeLock().unlock();
        }
    }

    /** Whoever waits here holds others up, so the wait is released between tries. */
    private void lockGate(Plugin plugin, Duration limit) throws InterruptedException {
        for (int i = 0; i < TRIES_TO_JOIN; i++) {
            if (gate.writeLock().tryLock(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return;
            }
        }
        throw GantryException.of(
                ErrorKind.UNAVAILABLE,
                "synchronize NRI plugin " + plugin.name(),
                "pods and containers are being made all the time");
    }

    private synchronized void add(Plugin plugin) {
        if (plugin.isClosed()) {
            throw GantryException.of(
                    ErrorKind.UNAVAILABLE, "synchronize NRI plugin " + plugin.name(), "it has left meanwhile");
        }
        List<Plugin> next = new ArrayList<>(plugins);
        next.add(plugin);
        next.sort(Comparator.comparing(Plugin::name, PluginName.ORDER));
        plugins = List.copyOf(next);
    }

    private synchronized void left(PluginConnection connection, String reason) {
        for (Plugin plugin : plugins) {
            if (plugin.isClosed()) {
                log.info("NRI plugin has left: plugin={} reason=\"{}\"", plugin.name(), reason);
            }
        }
        plugins = plugins.stream().filter(plugin -> !plugin.isClosed()).toList();
        log.debug(
                "NRI connection closed: reason=\"{}\" closed={}",
                reason,
                connection.mux().isClosed());
    }

    private UpdateContainersResponse update(PluginName plugin, UpdateContainersRequest request)
            throws InterruptedException {
        log.debug("NRI plugin wants updates: plugin={} containers={}", plugin, request.getUpdateCount());
        Updates.evict(access(), plugin, request.getEvictList());
        return UpdateContainersResponse.newBuilder()
                .addAllFailed(Updates.applyAll(access(), request.getUpdateList()))
                .build();
    }

    private void endLaunch() {
        Thread launching = launch;
        if (launching != null) {
            launching.interrupt();
            try {
                boolean unused = launching.join(SHUTDOWN_PATIENCE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public void close() {
        listener.close();
        endLaunch();
        List<Thread> farewells = plugins.stream()
                .map(plugin -> Thread.ofVirtual().start(() -> plugin.shutDown(SHUTDOWN_PATIENCE)))
                .toList();
        try {
            for (Thread farewell : farewells) {
                farewell.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        plugins.forEach(plugin -> plugin.close("the runtime goes down"));
        launcher.close();
    }
}
