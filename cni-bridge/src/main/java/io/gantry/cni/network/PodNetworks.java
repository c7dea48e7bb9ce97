package io.gantry.cni.network;

import io.gantry.cni.cache.AttachmentCache;
import io.gantry.cni.cache.AttachmentRecord;
import io.gantry.cni.conflist.ConflistDirectory;
import io.gantry.cni.plugin.CniPluginRunner;
import io.gantry.cni.plugin.CniResultReader;
import io.gantry.cni.plugin.MalformedResult;
import io.gantry.cni.plugin.OrphanedPlugins;
import io.gantry.cni.plugin.PluginPath;
import io.gantry.cni.plugin.PluginRun;
import io.gantry.cni.plugin.PluginVersions;
import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.JnaSyscalls;
import io.gantry.platform.linux.Syscalls;
import io.gantry.platform.process.ProcessRunner;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.databind.JsonNode;

/**
 * The node's pod network, which is the first valid configuration of the directory by file name. Operations on one sandbox
 * run one after the other, those on different sandboxes side by side; status is answered from memory.
 */
public final class PodNetworks implements AutoCloseable {
    /** The pod's interface, as Kubernetes expects it. */
    static final String INTERFACE = "eth0";

    private static final Logger log = LoggerFactory.getLogger(PodNetworks.class);

    private final KeyedLocks<String> locks = new KeyedLocks<>();
    private final CollectionGate gate = new CollectionGate();
    private final AttachmentCache cache;
    private final CniPluginRunner runner;
    private final ConflistDirectory directory;
    private final NetworkHealth health;
    private final AttachPod attachPod;
    private final DetachPod detachPod;
    private final CollectGarbage collectGarbage;

    private PodNetworks(CniConfig config, ProcessRunner processes, Syscalls syscalls) {
        this.cache = AttachmentCache.open(config.cacheDir());
        this.runner = new CniPluginRunner(new PluginPath(config.binDirs()), processes, config.cacheDir());
        VersionChoice versions = new VersionChoice(new PluginVersions(runner));
        PluginChain chain = new PluginChain(runner, config.pluginTimeout());
        LiveNetns netns = new LiveNetns(syscalls);
        DetachedSandboxes detached = new DetachedSandboxes();
        this.directory = new ConflistDirectory(config.confDir(), new InotifyChanges());
        this.health = new NetworkHealth(directory::current, versions, runner, config);
        this.detachPod = new DetachPod(directory, versions, chain, cache, detached, netns);
        this.attachPod = new AttachPod(directory, versions, runner, chain, cache, detachPod, detached, netns);
        this.collectGarbage =
                new CollectGarbage(directory, versions, runner, cache, detachPod, locks, gate, config.gcTimeout());
    }

    /**
     * Reads the recorded attachments and the configuration directory, and starts watching it. Ends plugins that an earlier
     * daemon with this cache directory left running; runs none itself before it returns.
     *
     * @throws GantryException when the cache directory cannot be made or read
     */
    public static PodNetworks open(CniConfig config, ProcessRunner processes) {
        return open(config, processes, JnaSyscalls.instance());
    }

    /** {@link #open(CniConfig, ProcessRunner)} with the given kernel. */
    public static PodNetworks open(CniConfig config, ProcessRunner processes, Syscalls syscalls) {
        int unused = new OrphanedPlugins(config.cacheDir(), config.binDirs()).end();
        PodNetworks networks = new PodNetworks(config, processes, syscalls);
        networks.directory.start(networks.health::configurationChanged);
        networks.health.start();
        return networks;
    }

    /**
     * Attaches a sandbox: records the intent, then runs ADD of each plugin in order. On failure or interruption DEL is run
     * at once with a time of its own; only when that fails, too, is something left behind, and then {@link #detach} or
     * {@link #garbageCollect} tries again.
     *
     * @throws GantryException UNAVAILABLE when there is no network or a plugin asks to try again; FAILED_PRECONDITION when a
     *     plugin is missing, refuses its configuration or gives no address; INVALID_ARGUMENT for bandwidth annotations that
     *     are no amounts; ALREADY_EXISTS when the sandbox is attached; DEADLINE_EXCEEDED when a plugin was killed; INTERNAL
     *     when it failed otherwise
     */
    public PodNetwork attach(PodAttachment pod) throws InterruptedException {
        try (KeyedLocks.Held _ = locks.lock(pod.sandboxId());
                CollectionGate.Pass _ = gate.enter()) {
            return attachPod.execute(pod);
        }
    }

    /**
     * Takes a sandbox off its network with the configuration and result that were recorded when it was attached. Idempotent;
     * the network namespace may be gone. A sandbox without a record is detached from the present network as far as that
     * goes.
     *
     * @throws GantryException with kinds as of {@link #attach} when a plugin's DEL fails; the record stays, and detach may be
     *     called again
     */
    public void detach(PodAttachment pod) throws InterruptedException {
        try (KeyedLocks.Held _ = locks.lock(pod.sandboxId());
                CollectionGate.Pass _ = gate.enter()) {
            detachPod.execute(pod);
        }
    }

    /** The plugins that run now, in no order; never waits. */
    public List<PluginRun> running() {
        return runner.running();
    }

    /** Whether pods can be attached now, and if not, why; never waits. */
    public NetworkStatus status() {
        return health.status();
    }

    /**
     * Frees what sandboxes left that are no more: DEL for each attachment of an earlier run of the daemon, or whose detach
     * failed, unless its sandbox is in {@code liveSandboxIds}; then the GC verb where the network is of specification 1.1
     * and does not forbid it. Attachments in progress are never touched. While GC runs no pod is attached or detached.
     *
     * @throws GantryException the first failure, the others suppressed, after everything was tried; UNAVAILABLE when GC was
     *     put off because there was always a pod being attached or detached; a later call tries again
     */
    public void garbageCollect(Set<String> liveSandboxIds) throws InterruptedException {
        collectGarbage.execute(Set.copyOf(liveSandboxIds));
    }

    /** The network of a sandbox that was attached, from memory, also after a restart of the daemon. */
    public Optional<PodNetwork> cached(String sandboxId) {
        return cache.find(sandboxId).flatMap(PodNetworks::network);
    }

    private static Optional<PodNetwork> network(AttachmentRecord attachment) {
        JsonNode result = attachment.result();
        if (result == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(PodNetwork.of(
                    attachment.network(),
                    attachment.interfaceName(),
                    CniResultReader.read(result, attachment.specVersion())));
        } catch (MalformedResult e) {
            log.warn(
                    "recorded network result is unusable: sandbox={} error=\"{}\"",
                    attachment.sandboxId(),
                    e.getMessage());
            return Optional.empty();
        }
    }

    /** Ends the background work; attachments stay as they are. */
    @Override
    public void close() {
        directory.close();
        health.close();
    }
}
