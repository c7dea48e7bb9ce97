package io.gantry.pod.config;

/**
 * A host port of the pod.
 *
 * @param hostPort 0 asks for none
 * @param hostIp address to listen on, empty for all
 */
public record PortMapping(Protocol protocol, int containerPort, int hostPort, String hostIp) {
    /** Transport protocols of CRI. */
    public enum Protocol {
        TCP,
        UDP,
        SCTP
    }
}
