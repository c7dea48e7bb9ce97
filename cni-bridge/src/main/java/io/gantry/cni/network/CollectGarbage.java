package io.gantry.cni.network;

import io.gantry.cni.cache.AttachmentCache;
import io.gantry.cni.cache.AttachmentRecord;
import io.gantry.cni.conflist.CniConflist;
import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.conflist.ConflistDirectory;
import io.gantry.cni.conflist.PluginConfig;
import io.gantry.cni.plugin.CniInvocation;
import io.gantry.cni.plugin.CniPluginRunner;
import io.gantry.cni.plugin.CniVerb;
import io.gantry.platform.concurrent.KeyedLocks;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Frees what sandboxes that are no more left on the network: first DEL for each recorded attachment, then the GC verb of
 * the present network's plugins where its configuration is of specification 1.1.
 */
final class CollectGarbage {
    private static final Logger log = LoggerFactory.getLogger(CollectGarbage.class);
    /** Attempts are made with growing pauses, so that this many take half a day: an add-on may start late. */
    static final int MOST_ATTEMPTS = 20;

    /** How long to wait for a moment without ADD and DEL, at most. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final ConflistDirectory directory;
    private final VersionChoice versions;
    private final CniPluginRunner runner;
    private final AttachmentCache cache;
    private final DetachPod detach;
    private final KeyedLocks<String> locks;
    private final CollectionGate gate;
    private final Duration timeout;

    CollectGarbage(
            ConflistDirectory directory,
            VersionChoice versions,
            CniPluginRunner runner,
            AttachmentCache cache,
            DetachPod detach,
            KeyedLocks<String> locks,
            CollectionGate gate,
            Duration timeout) {
        this.directory = directory;
        this.versions = versions;
        this.runner = runner;
        this.cache = cache;
        this.detach = detach;
        this.locks = locks;
        this.gate = gate;
        this.timeout = timeout;
    }

    void execute(Set<String> live) throws InterruptedException {
        List<GantryException> failures = new ArrayList<>();
        for (String sandboxId : cache.collectable()) {
            if (!live.contains(sandboxId)) {
                deleteStale(sandboxId, failures);
            }
        }
        Optional<CniConflist> network = directory.current().network();
        if (network.isPresent() && !network.get().disableGc()) {
            runVerb(network.get(), failures);
        }
        if (!failures.isEmpty()) {
            GantryException first = failures.removeFirst();
            failures.forEach(first::addSuppressed);
            throw first;
        }
    }

    private void deleteStale(String sandboxId, List<GantryException> failures) throws InterruptedException {
        try (KeyedLocks.Held _ = locks.lock(sandboxId);
                CollectionGate.Pass _ = gate.enter()) {
            Optional<AttachmentRecord> stale = cache.find(sandboxId);
            if (stale.isEmpty()) {
                return;
            }
            try {
                detach.delete(stale.get(), null);
                log.info(
                        "stale attachment removed: sandbox={} network={}",
                        sandboxId,
                        stale.get().network());
            } catch (GantryException e) {
                failures.add(e);
                countFailure(stale.get(), e);
            }
        }
    }

    private void countFailure(AttachmentRecord stale, GantryException problem) {
        AttachmentRecord counted = stale.withFailedCollection();
        if (counted.failedCollections() < MOST_ATTEMPTS) {
            cache.update(counted);
            return;
        }
        cache.remove(stale.sandboxId());
        log.warn(
                "stale attachment given up after {} attempts, its addresses and rules may be left behind: sandbox={}"
                        + " network={} error=\"{}\"",
                MOST_ATTEMPTS,
                stale.sandboxId(),
                stale.network(),
                problem.getMessage());
    }

    private void runVerb(CniConflist network, List<GantryException> failures) throws InterruptedException {
        String action = "collect garbage of network " + network.name();
        CniVersion version = versions.choose(network, action);
        if (!version.isAtLeast(CniVersion.V1_1_0)) {
            return;
        }
        Optional<CollectionGate.Pass> pass = gate.enterAlone(timeout.compareTo(PATIENCE) < 0 ? timeout : PATIENCE);
        if (pass.isEmpty()) {
            failures.add(GantryException.of(
                    ErrorKind.UNAVAILABLE, action, "put off, since pods are being attached or detached"));
            return;
        }
        try (CollectionGate.Pass _ = pass.get()) {
            List<Map.Entry<String, String>> valid = cache.all().stream()
                    .filter(attachment -> attachment.network().equals(network.name()))
                    .map(attachment -> Map.entry(attachment.sandboxId(), attachment.interfaceName()))
                    .sorted(Map.Entry.comparingByKey())
                    .toList();
            for (PluginConfig plugin : network.plugins()) {
                try {
                    runner.run(new CniInvocation(
                            CniVerb.GC,
                            plugin.type(),
                            PluginInput.forCollection(network.name(), version, plugin, valid),
                            null,
                            timeout,
                            action));
                } catch (GantryException e) {
                    failures.add(e);
                }
            }
        }
    }
}
