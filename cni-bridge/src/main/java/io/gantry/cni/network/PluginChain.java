package io.gantry.cni.network;

import io.gantry.cni.cache.AttachmentRecord;
import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.conflist.PluginConfig;
import io.gantry.cni.plugin.CniInvocation;
import io.gantry.cni.plugin.CniPluginRunner;
import io.gantry.cni.plugin.CniResult;
import io.gantry.cni.plugin.CniResultWriter;
import io.gantry.cni.plugin.CniTarget;
import io.gantry.cni.plugin.CniVerb;
import io.gantry.platform.error.GantryException;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Runs the plugins of one attachment, strictly one after the other. */
final class PluginChain {
    private final CniPluginRunner runner;
    private final Duration timeout;

    /** @param timeout for each plugin */
    PluginChain(CniPluginRunner runner, Duration timeout) {
        this.runner = runner;
        this.timeout = timeout;
    }

    /**
     * Runs ADD in order, each plugin being given the result of the one before.
     *
     * @return the last plugin's result
     * @throws GantryException when a plugin fails; those before it have done their part, so DEL must follow
     */
    CniResult add(AttachmentRecord attachment, String action) throws InterruptedException {
        CniTarget target = target(attachment, attachment.netns());
        CniResult result = null;
        for (PluginConfig plugin : attachment.chain()) {
            JsonNode prevResult = result == null ? null : CniResultWriter.write(result, attachment.specVersion());
            result = runner.add(
                    invocation(CniVerb.ADD, plugin, attachment, prevResult, target, action), attachment.specVersion());
        }
        return Objects.requireNonNull(result, "empty plugin chain");
    }

    /**
     * Runs DEL in reverse order, each plugin being given the final result of ADD where there was one. Stops at the first
     * failure, as the specification says: what a later plugin holds (an address) may not be given back while an earlier
     * one still points at it (a port mapping). May be repeated.
     *
     * @param netns path of the namespace, or empty when it is gone
     */
    void delete(AttachmentRecord attachment, String netns, String action) throws InterruptedException {
        CniTarget target = target(attachment, netns);
        // Before specification 0.4.0 DEL had no previous result.
        JsonNode prevResult = attachment.specVersion().isAtLeast(CniVersion.V0_4_0) ? attachment.result() : null;
        for (PluginConfig plugin : attachment.chain().reversed()) {
            runner.run(invocation(CniVerb.DEL, plugin, attachment, prevResult, target, action));
        }
    }

    private CniInvocation invocation(
            CniVerb verb,
            PluginConfig plugin,
            AttachmentRecord attachment,
            @Nullable JsonNode prevResult,
            CniTarget target,
            String action) {
        JsonNode input = PluginInput.forAttachment(
                attachment.network(), attachment.specVersion(), plugin, attachment.capabilityArgs(), prevResult);
        return new CniInvocation(verb, plugin.type(), input, target, timeout, action);
    }

    private static CniTarget target(AttachmentRecord attachment, String netns) {
        return new CniTarget(attachment.sandboxId(), netns, attachment.interfaceName(), attachment.args());
    }
}
