package io.gantry.cri.version;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Properties;

/** Gantry's version, written into the program when it is built. */
public final class GantryVersion {
    private GantryVersion() {}

    /** A semantic version such as {@code 0.1.0} (semver.org). */
    public static String current() {
        try (InputStream in = Objects.requireNonNull(
                GantryVersion.class.getResourceAsStream("version.properties"),
                "version.properties is not in the program")) {
            Properties properties = new Properties();
            properties.load(in);
            return Objects.requireNonNull(properties.getProperty("version"), "version.properties has no version");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
