package io.gantry.image.registry;

import java.util.regex.Pattern;

/** Which registry names mean this machine, by their text alone (no look-up). */
final class Loopback {
    private static final Pattern IPV4 = Pattern.compile("127(?:\\.\\d{1,3}){3}");

    private Loopback() {}

    /** Whether a host with an optional port is {@code localhost}, in 127.0.0.0/8 or {@code [::1]}. */
    static boolean isLoopback(String hostAndPort) {
        int colon = hostAndPort.lastIndexOf(':');
        String host = colon > hostAndPort.lastIndexOf(']') ? hostAndPort.substring(0, colon) : hostAndPort;
        return host.equals("localhost")
                || host.equals("[::1]")
                || IPV4.matcher(host).matches();
    }
}
