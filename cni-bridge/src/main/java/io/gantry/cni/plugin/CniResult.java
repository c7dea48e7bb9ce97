package io.gantry.cni.plugin;

import io.gantry.cni.conflist.CniVersion;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What ADD answered, in the form of the newest specification; older forms are converted on reading and writing.
 *
 * @param version the specification version that the plugin answered in
 * @see <a href="https://www.cni.dev/docs/spec/#add-success">CNI specification, section 5</a>
 */
public record CniResult(
        CniVersion version, List<Interface> interfaces, List<IpConfig> ips, List<Route> routes, Dns dns) {

    /**
     * An interface that the plugins made.
     *
     * @param sandbox path of the network namespace it is in; null or empty for one on the host
     */
    public record Interface(
            String name,
            @Nullable String mac,
            @Nullable Integer mtu,
            @Nullable String sandbox,
            @Nullable String socketPath,
            @Nullable String pciId) {
        /** Whether it is in the pod's network namespace. */
        public boolean isInSandbox() {
            return sandbox != null && !sandbox.isEmpty();
        }
    }

    /**
     * An address given to the pod.
     *
     * @param address address with prefix length: {@code "10.88.0.5/16"}
     * @param interfaceIndex index into {@link CniResult#interfaces()}, or null
     */
    public record IpConfig(
            String address,
            @Nullable String gateway,
            @Nullable Integer interfaceIndex) {
        /** The address without its prefix length. */
        public String ip() {
            return address.substring(0, address.indexOf('/'));
        }
    }

    /** A route in the pod; every number is null unless the plugin gave it. */
    public record Route(
            String dst,
            @Nullable String gw,
            @Nullable Integer mtu,
            @Nullable Integer advmss,
            @Nullable Integer priority,
            @Nullable Integer table,
            @Nullable Integer scope) {}

    /** Resolver settings that the network suggests. */
    public record Dns(List<String> nameservers, @Nullable String domain, List<String> search, List<String> options) {
        /** No settings at all. */
        public static final Dns NONE = new Dns(List.of(), null, List.of(), List.of());

        public Dns {
            nameservers = List.copyOf(nameservers);
            search = List.copyOf(search);
            options = List.copyOf(options);
        }
    }

    public CniResult {
        interfaces = List.copyOf(interfaces);
        ips = List.copyOf(ips);
        routes = List.copyOf(routes);
    }

    /**
     * The pod's addresses in the order the plugins gave them: those of the interface {@code name}, or all when the plugins
     * did not say to which interface an address belongs.
     */
    public List<String> addressesOf(String name) {
        List<String> own = ips.stream()
                .filter(ip -> {
                    Integer index = ip.interfaceIndex();
                    return index == null
                            || (interfaces.get(index).isInSandbox()
                                    && interfaces.get(index).name().equals(name));
                })
                .map(IpConfig::ip)
                .toList();
        return own.isEmpty() ? ips.stream().map(IpConfig::ip).toList() : own;
    }
}
