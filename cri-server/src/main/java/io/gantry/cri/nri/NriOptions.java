package io.gantry.cri.nri;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Settings of NRI.
 *
 * @param socket where plugins connect
 * @param pluginDir plugins to be started
 * @param configDir their configuration
 * @param stateDir for a socket that plugins are started with
 * @param registrationTimeout for registering, and again for taking in what exists
 * @param requestTimeout for every other call
 * @param runtimeVersion what plugins are told
 */
public record NriOptions(
        Path socket,
        Path pluginDir,
        Path configDir,
        Path stateDir,
        Duration registrationTimeout,
        Duration requestTimeout,
        String runtimeVersion) {
    static final String RUNTIME_NAME = "gantry";

    /** The version of the interface that is spoken here. */
    static final String NRI_VERSION = "v0.12.5";
}
