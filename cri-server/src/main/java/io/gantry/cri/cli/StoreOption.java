package io.gantry.cri.cli;

import io.gantry.cri.config.ConfigLoader;
import io.gantry.cri.local.LocalImages;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code --socket}, for commands that work through the daemon, or on the store itself while none runs. */
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class StoreOption {
    @Option(
            names = {"-s", "--socket"},
            paramLabel = "PATH",
            description = "CRI socket of the daemon. Default: api.socket of the configuration; when no daemon answers"
                    + " there, the command works on the store itself, as root.")
    @Nullable
    Path socket;

    @Mixin
    ConfigOption config;

    /** Opens what is there; the caller closes it. */
    ImageStore open() {
        if (socket != null) {
            return new DaemonStore(new CriClient(socket, Duration.ZERO));
        }
        ConfigLoader.Loaded loaded = config.load();
        Path path = loaded.config().api().socket();
        return answers(path)
                ? new DaemonStore(new CriClient(path, Duration.ZERO))
                : new LocalStore(LocalImages.open(loaded.orThrow()));
    }

    private static boolean answers(Path path) {
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            return channel.connect(UnixDomainSocketAddress.of(path));
        } catch (IOException _) {
            return false;
        }
    }
}
