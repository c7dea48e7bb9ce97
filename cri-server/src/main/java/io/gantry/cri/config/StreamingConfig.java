package io.gantry.cri.config;

/** Where the streaming server listens. */
public record StreamingConfig(HostPort address) {
    static StreamingConfig read(ConfigSection in) {
        return new StreamingConfig(in.parsed(
                "address",
                "127.0.0.1:0",
                "Address and port; port 0: any free one. The kubelet connects from this machine. This version does not serve them yet.",
                HostPort::parse));
    }
}
