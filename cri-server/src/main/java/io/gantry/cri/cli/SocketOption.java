package io.gantry.cri.cli;

import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code --socket} and {@code --timeout}, for every command that asks the daemon. */
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class SocketOption {
    @Option(
            names = {"-s", "--socket"},
            paramLabel = "PATH",
            description = "CRI socket of the daemon. Default: api.socket of the configuration.")
    @Nullable
    Path socket;

    @Option(
            names = "--timeout",
            paramLabel = "SECONDS",
            description = "How long to wait for the daemon; 0: forever. Default: 60, for a pull 0.")
    @Nullable
    Integer timeout;

    @Mixin
    ConfigOption config;

    /** Joins the daemon; the caller closes the client. */
    CriClient connect() {
        return connect(Duration.ofSeconds(60));
    }

    /** @param patience how long to wait for each answer where the command line does not say; zero: forever */
    CriClient connect(Duration patience) {
        return new CriClient(path(), timeout == null ? patience : Duration.ofSeconds(timeout));
    }

    Path path() {
        return socket != null ? socket : config.load().config().api().socket();
    }
}
