package io.gantry.cni.network;

import io.gantry.cni.plugin.CniResult;
import java.util.List;

/**
 * A pod's place on its network.
 *
 * @param network the network's name
 * @param ips the pod's addresses without prefix length, the primary one first; never empty for an attached pod
 * @param result all that the plugins said
 */
public record PodNetwork(String network, List<String> ips, CniResult result) {
    public PodNetwork {
        ips = List.copyOf(ips);
    }

    /** The primary address. */
    public String primaryIp() {
        return ips.getFirst();
    }

    static PodNetwork of(String network, String interfaceName, CniResult result) {
        return new PodNetwork(network, result.addressesOf(interfaceName), result);
    }
}
