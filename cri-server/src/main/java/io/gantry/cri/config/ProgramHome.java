package io.gantry.cri.config;

import java.nio.file.Path;
import java.util.Optional;

/** The tree that Gantry was installed as ({@code bin}, {@code lib}, …); its start script names it in {@code gantry.home}. */
public final class ProgramHome {
    private static final String PAUSE = "gantry-pause";

    private ProgramHome() {}

    /** Where the pause program is: where the configuration says, or beside the start script; empty when neither is known. */
    public static Optional<Path> pauseProgram(RuntimeConfig config) {
        if (!config.pause().isEmpty()) {
            return Optional.of(Path.of(config.pause()));
        }
        return Optional.ofNullable(System.getProperty("gantry.home"))
                .map(home -> Path.of(home).resolve("bin").resolve(PAUSE));
    }
}
