package io.gantry.cni.network;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Addresses that a pod asks for, for plugins with the capabilities {@code ipRanges}, {@code ips}, {@code mac} and {@code
 * aliases}.
 *
 * @param ipRanges one inner list, a pool of subnets, per address to allocate
 * @param ips fixed addresses, with or without prefix length
 * @param mac hardware address of the pod's interface, or null
 * @param aliases further names of the pod on its network
 */
public record AddressRequest(
        List<List<IpRange>> ipRanges,
        List<String> ips,
        @Nullable String mac,
        List<String> aliases) {
    /** Asks for nothing: the plugin chooses. */
    public static final AddressRequest NONE = new AddressRequest(List.of(), List.of(), null, List.of());

    /** A subnet ({@code "10.1.2.0/24"}) and, where not null, the first and last address to use and the gateway. */
    public record IpRange(
            String subnet,
            @Nullable String rangeStart,
            @Nullable String rangeEnd,
            @Nullable String gateway) {}

    public AddressRequest {
        ipRanges = ipRanges.stream().map(List::copyOf).toList();
        ips = List.copyOf(ips);
        aliases = List.copyOf(aliases);
    }
}
