package io.gantry.cni.network;

import io.gantry.cni.cache.AttachmentCache;
import io.gantry.cni.cache.AttachmentRecord;
import io.gantry.cni.conflist.CniConflist;
import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.conflist.ConflistDirectory;
import io.gantry.cni.conflist.ConflistSnapshot;
import io.gantry.cni.plugin.CniPluginRunner;
import io.gantry.cni.plugin.CniResult;
import io.gantry.cni.plugin.CniResultWriter;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.lifecycle.Rollback;
import java.util.Optional;

/** Attaches one sandbox, or leaves nothing on the network. Runs under the sandbox's lock. */
final class AttachPod {
    private final ConflistDirectory directory;
    private final VersionChoice versions;
    private final CniPluginRunner runner;
    private final PluginChain chain;
    private final AttachmentCache cache;
    private final DetachPod detach;
    private final DetachedSandboxes detached;
    private final LiveNetns netns;

    AttachPod(
            ConflistDirectory directory,
            VersionChoice versions,
            CniPluginRunner runner,
            PluginChain chain,
            AttachmentCache cache,
            DetachPod detach,
            DetachedSandboxes detached,
            LiveNetns netns) {
        this.directory = directory;
        this.versions = versions;
        this.runner = runner;
        this.chain = chain;
        this.cache = cache;
        this.detach = detach;
        this.detached = detached;
        this.netns = netns;
    }

    PodNetwork execute(PodAttachment pod) throws InterruptedException {
        if (cache.find(pod.sandboxId()).isEmpty()) {
            // What fails before the intent is recorded leaves nothing to detach.
            detached.add(pod.sandboxId());
        }
        CniConflist network = requireNetwork(pod);
        String action = "attach " + pod.subject() + " to network " + network.name();
        network.plugins().forEach(plugin -> runner.path().require(plugin.type(), action));
        if (!netns.isNamespace(pod.netns())) {
            throw GantryException.of(
                    ErrorKind.FAILED_PRECONDITION, action, pod.netns() + " is not a network namespace");
        }
        CniVersion version = versions.choose(network, action);
        AttachmentRecord intent = AttachmentRecord.intent(
                pod.sandboxId(),
                network,
                version,
                PodNetworks.INTERFACE,
                pod.netns().toString(),
                pod.cniArgs(),
                CapabilityArgs.of(pod, network.plugins(), action));
        clearEarlierAttempt(pod, action);
        cache.put(intent);
        detached.remove(pod.sandboxId());
        try (Rollback undo = new Rollback(action)) {
            undo.add("network of " + pod.sandboxId(), () -> detach.delete(intent, pod.netns()));
            CniResult result = chain.add(intent, action);
            PodNetwork attached = PodNetwork.of(network.name(), intent.interfaceName(), result);
            if (attached.ips().isEmpty()) {
                throw GantryException.of(
                                ErrorKind.FAILED_PRECONDITION, action, "the network gave the pod no IP address")
                        .withRemedy("add an ipam section to " + network.file());
            }
            cache.put(intent.withResult(CniResultWriter.write(result, version)));
            undo.release();
            return attached;
        }
    }

    private CniConflist requireNetwork(PodAttachment pod) {
        Optional<CniConflist> network = directory.current().network();
        if (network.isPresent()) {
            return network.get();
        }
        // The watch may not have told yet of a file that is there.
        ConflistSnapshot fresh = directory.reload();
        return fresh.network()
                .orElseThrow(() -> GantryException.of(
                                ErrorKind.UNAVAILABLE,
                                "attach " + pod.subject() + " to the pod network",
                                fresh.problem())
                        .withRemedy(
                                "install a network plugin, which puts its configuration into " + fresh.directory()));
    }

    private void clearEarlierAttempt(PodAttachment pod, String action) throws InterruptedException {
        Optional<AttachmentRecord> earlier = cache.find(pod.sandboxId());
        if (earlier.isEmpty()) {
            return;
        }
        if (earlier.get().isAttached()) {
            throw GantryException.of(
                    ErrorKind.ALREADY_EXISTS,
                    action,
                    "the sandbox is attached to network " + earlier.get().network() + " already");
        }
        detach.delete(earlier.get(), pod.netns());
    }
}
