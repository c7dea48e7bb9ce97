package io.gantry.cni.cache;

import io.gantry.cni.conflist.CniConflist;
import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.conflist.PluginConfig;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * One attachment of a sandbox to a network: all that its DEL needs, whatever became of the configuration file.
 *
 * @param network the network's name
 * @param version the specification version that ADD was run with
 * @param file the configuration file of then, for messages only
 * @param netns path of the network namespace
 * @param args {@code CNI_ARGS}
 * @param capabilityArgs run-time arguments by capability, those that the chain asks for
 * @param plugins the chain's configuration objects in ADD order
 * @param result the last plugin's result in the form of {@code version}; null while ADD has not succeeded
 * @param failedCollections how often garbage collection tried to delete it in vain
 */
public record AttachmentRecord(
        String sandboxId,
        String network,
        String version,
        String file,
        String interfaceName,
        String netns,
        String args,
        Map<String, JsonNode> capabilityArgs,
        List<ObjectNode> plugins,
        @Nullable JsonNode result,
        int failedCollections) {
    /** Version of the form on disk. */
    static final int SCHEMA = 1;

    public AttachmentRecord {
        Stream.of(sandboxId, network, version, file, interfaceName, netns, args).forEach(Objects::requireNonNull);
        capabilityArgs = Collections.unmodifiableMap(new TreeMap<>(capabilityArgs));
        plugins = List.copyOf(plugins);
        plugins.forEach(PluginConfig::new);
        result = result == null || !result.isObject() ? null : result;
    }

    /** The record of an ADD that is about to run. */
    public static AttachmentRecord intent(
            String sandboxId,
            CniConflist conflist,
            CniVersion version,
            String interfaceName,
            String netns,
            String args,
            Map<String, JsonNode> capabilityArgs) {
        return new AttachmentRecord(
                sandboxId,
                conflist.name(),
                version.text(),
                conflist.file().toString(),
                interfaceName,
                netns,
                args,
                capabilityArgs,
                conflist.plugins().stream().map(PluginConfig::json).toList(),
                null,
                0);
    }

    /** The same attachment, ADD having answered {@code newResult}. */
    public AttachmentRecord withResult(JsonNode newResult) {
        return new AttachmentRecord(
                sandboxId,
                network,
                version,
                file,
                interfaceName,
                netns,
                args,
                capabilityArgs,
                plugins,
                newResult,
                failedCollections);
    }

    /** The same attachment after one more vain collection. */
    public AttachmentRecord withFailedCollection() {
        return new AttachmentRecord(
                sandboxId,
                network,
                version,
                file,
                interfaceName,
                netns,
                args,
                capabilityArgs,
                plugins,
                result,
                failedCollections + 1);
    }

    /** Whether ADD succeeded. */
    public boolean isAttached() {
        return result != null;
    }

    /** The version as a value; the newest when the record names one that this Gantry does not know. */
    public CniVersion specVersion() {
        return CniVersion.find(version).orElse(CniVersion.newest());
    }

    /** The chain as values, in ADD order. */
    public List<PluginConfig> chain() {
        return plugins.stream().map(PluginConfig::new).toList();
    }
}
