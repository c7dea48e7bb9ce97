package io.gantry.cni.network;

import io.gantry.cni.cache.AttachmentCache;
import io.gantry.cni.cache.AttachmentRecord;
import io.gantry.cni.conflist.CniConflist;
import io.gantry.cni.conflist.ConflistDirectory;
import io.gantry.platform.error.GantryException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes one sandbox off its network. Runs under the sandbox's lock. */
final class DetachPod {
    private static final Logger log = LoggerFactory.getLogger(DetachPod.class);

    private final ConflistDirectory directory;
    private final VersionChoice versions;
    private final PluginChain chain;
    private final AttachmentCache cache;
    private final DetachedSandboxes detached;
    private final LiveNetns netns;

    DetachPod(
            ConflistDirectory directory,
            VersionChoice versions,
            PluginChain chain,
            AttachmentCache cache,
            DetachedSandboxes detached,
            LiveNetns netns) {
        this.directory = directory;
        this.versions = versions;
        this.chain = chain;
        this.cache = cache;
        this.detached = detached;
        this.netns = netns;
    }

    void execute(PodAttachment pod) throws InterruptedException {
        Optional<AttachmentRecord> recorded = cache.find(pod.sandboxId());
        if (recorded.isPresent()) {
            delete(recorded.get(), pod.netns());
        } else if (!detached.contains(pod.sandboxId())) {
            deleteUnrecorded(pod);
        }
    }

    /** Runs DEL from the record and forgets it; on failure the record stays, so that DEL can be run again. */
    void delete(AttachmentRecord attachment, @Nullable Path namespace) throws InterruptedException {
        String action = "detach sandbox " + shortId(attachment.sandboxId()) + " from network " + attachment.network();
        String path = netns.firstOf(namespace == null ? null : namespace.toString(), attachment.netns());
        boolean deleted = false;
        try {
            chain.delete(attachment, path, action);
            deleted = true;
        } finally {
            if (!deleted) {
                cache.markFailedDetach(attachment.sandboxId());
            }
        }
        cache.remove(attachment.sandboxId());
        detached.add(attachment.sandboxId());
    }

    /**
     * Nothing is known of an attachment: most likely ADD never ran. DEL is run with the network of now; its failure counts
     * only when there was a record that got lost.
     */
    private void deleteUnrecorded(PodAttachment pod) throws InterruptedException {
        Optional<CniConflist> network = directory.current().network();
        if (network.isEmpty()) {
            log.info("nothing to detach: sandbox={} reason=\"no record and no network\"", pod.sandboxId());
            return;
        }
        String action =
                "detach " + pod.subject() + " from network " + network.get().name();
        try {
            AttachmentRecord guess = AttachmentRecord.intent(
                    pod.sandboxId(),
                    network.get(),
                    versions.choose(network.get(), action),
                    PodNetworks.INTERFACE,
                    pod.netns().toString(),
                    pod.cniArgs(),
                    CapabilityArgs.of(pod, network.get().plugins(), action));
            chain.delete(guess, netns.firstOf(guess.netns()), action);
        } catch (GantryException e) {
            if (cache.isLost(pod.sandboxId())) {
                throw e;
            }
            log.warn("detach without a record failed: sandbox={} error=\"{}\"", pod.sandboxId(), e.getMessage());
        }
        detached.add(pod.sandboxId());
    }

    static String shortId(String id) {
        return id.length() > 13 ? id.substring(0, 13) : id;
    }
}
