package io.gantry.cri.config;

import io.gantry.cri.config.ConfigSection.Refused;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An address to listen on.
 *
 * @param host an IP address, without brackets
 * @param port 0 for any free one
 */
public record HostPort(String host, int port) {
    private static final Pattern FORM = Pattern.compile("(?:\\[([0-9a-fA-F:.]+)]|([0-9.]+)):(\\d{1,5})");

    static HostPort parse(String value) throws Refused {
        Matcher matcher = FORM.matcher(value);
        if (!matcher.matches() || Integer.parseInt(matcher.group(3)) > 65535) {
            throw new Refused(
                    "must be an IP address and a port such as \"127.0.0.1:0\" or \"[::1]:0\", not \"" + value + "\"");
        }
        String host = matcher.group(1) != null ? matcher.group(1) : matcher.group(2);
        return new HostPort(host, Integer.parseInt(matcher.group(3)));
    }
}
