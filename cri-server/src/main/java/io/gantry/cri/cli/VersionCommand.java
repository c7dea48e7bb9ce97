package io.gantry.cri.cli;

import io.gantry.cri.v1.VersionRequest;
import io.gantry.cri.v1.VersionResponse;
import io.gantry.cri.version.GantryVersion;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code gantry version}. */
@Command(
        name = "version",
        description = "Print the version of this program, and of the daemon where one answers.",
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class VersionCommand implements Callable<Integer> {
    @Mixin
    SocketOption socket;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        out.println("gantry " + GantryVersion.current());
        if (socket.socket == null && !Files.exists(socket.path())) {
            return ExitCodes.OK;
        }
        try (CriClient client = socket.connect()) {
            VersionResponse daemon = client.runtime().version(VersionRequest.getDefaultInstance());
            out.println("daemon " + daemon.getRuntimeName() + " " + daemon.getRuntimeVersion() + ", CRI "
                    + daemon.getRuntimeApiVersion());
        }
        return ExitCodes.OK;
    }
}
