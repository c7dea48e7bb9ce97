package io.gantry.cni.network;

/**
 * Whether pods can be attached now.
 *
 * @param reason empty when ready, else {@code NetworkPluginNotReady}, which the kubelet and its users know
 * @param message when not ready: which file, plugin or directory is at fault and how. When ready: the network in use, and
 *     the files that were passed over because they are invalid
 */
public record NetworkStatus(boolean ready, String reason, String message) {
    static NetworkStatus ready(String message) {
        return new NetworkStatus(true, "", message);
    }

    static NetworkStatus notReady(String message) {
        return new NetworkStatus(false, "NetworkPluginNotReady", message);
    }
}
