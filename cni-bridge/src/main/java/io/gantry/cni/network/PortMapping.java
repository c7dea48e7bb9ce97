package io.gantry.cni.network;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.net.InetAddress;
import java.util.Locale;
import java.util.Set;

/**
 * A port of the node that leads to a port of the pod.
 *
 * @param protocol {@code tcp}, {@code udp} or {@code sctp}, in any case; kept in lower case
 * @param hostPort 0 when no port of the node is asked for
 * @param hostIp address of the node to listen on; empty for all
 */
public record PortMapping(String protocol, int containerPort, int hostPort, String hostIp) {
    private static final Set<String> PROTOCOLS = Set.of("tcp", "udp", "sctp");

    /** @throws GantryException INVALID_ARGUMENT naming what is wrong */
    public PortMapping {
        protocol = protocol.toLowerCase(Locale.ROOT);
        if (!PROTOCOLS.contains(protocol)) {
            throw invalid("protocol \"" + protocol + "\" is not tcp, udp or sctp");
        }
        if (hostPort < 0 || hostPort > 65_535) {
            throw invalid("host port " + hostPort + " is not between 0 and 65535");
        }
        if (containerPort < 1 || containerPort > 65_535) {
            throw invalid("container port " + containerPort + " is not between 1 and 65535");
        }
        if (!hostIp.isEmpty()) {
            try {
                InetAddress.ofLiteral(hostIp);
            } catch (IllegalArgumentException e) {
                throw invalid("host IP \"" + hostIp + "\" is not an IP address");
            }
        }
    }

    private static GantryException invalid(String problem) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, "read port mapping", problem);
    }
}
