package io.gantry.cri.config;

import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * One thing that is wrong with the configuration.
 *
 * @param file where it stands, null when it stands nowhere (a default that does not fit here)
 * @param line counted from 1; 0 when the file as a whole is meant
 */
public record ConfigProblem(@Nullable Path file, int line, String text) {
    /** {@code /etc/gantry/gantry.toml:12: unknown key "api.sockt"; did you mean "api.socket"?} */
    @Override
    public String toString() {
        String place = file == null ? "defaults" : line == 0 ? file.toString() : file + ":" + line;
        return place + ": " + text;
    }
}
