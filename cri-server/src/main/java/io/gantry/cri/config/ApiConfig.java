package io.gantry.cri.config;

import io.gantry.cri.config.ConfigSection.Refused;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * The CRI socket.
 *
 * @param socket where to listen
 * @param mode permission bits of the socket
 * @param owner user name or number, empty for the daemon's own
 * @param group group name or number, empty for the daemon's own
 * @param drainTimeout how long running calls may go on when the daemon stops
 */
public record ApiConfig(Path socket, int mode, String owner, String group, Duration drainTimeout) {
    /** {@code sun_path} of unix(7) without its zero and what binding needs. */
    private static final int MAX_SOCKET_PATH = 103;

    static ApiConfig read(ConfigSection in) {
        return new ApiConfig(
                in.parsed("socket", "/run/gantry/gantry.sock", "Path of the Unix socket.", ApiConfig::socketPath),
                in.parsed("mode", "0660", "Its permission bits, octal.", ApiConfig::octal),
                in.text("owner", "", "Its owner, a user name or number; empty: the user that Gantry runs as."),
                in.text("group", "", "Its group, a group name or number; empty: the group that Gantry runs as."),
                in.duration(
                        "drain_timeout",
                        "10s",
                        Duration.ZERO,
                        Duration.ofMinutes(10),
                        "How long calls that run may go on when Gantry stops. Containers keep running in any case."));
    }

    private static Path socketPath(String value) throws Refused {
        Path path = Path.of(value);
        if (!path.isAbsolute()) {
            throw new Refused("must be an absolute path, not \"" + value + "\"");
        }
        if (value.getBytes(StandardCharsets.UTF_8).length > MAX_SOCKET_PATH) {
            throw new Refused("must have at most " + MAX_SOCKET_PATH + " bytes, the longest a Unix socket can have");
        }
        return path;
    }

    private static int octal(String value) throws Refused {
        if (!value.matches("0?[0-7]{3}")) {
            throw new Refused("must be three octal digits such as \"0660\", not \"" + value + "\"");
        }
        return Integer.parseInt(value, 8);
    }
}
