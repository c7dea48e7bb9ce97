package io.gantry.cri.cli;

import io.gantry.image.docker.DockerEngine;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gantry image load-from-docker}. */
@Command(
        name = "load-from-docker",
        description = {
            "Copy images from the Docker engine of this host, which keeps them.",
            "",
            "Without a name: every image that has one. Prints each image's id and names."
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class ImageLoadFromDockerCommand implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "IMAGE", description = "Names as 'docker images' shows them.")
    List<String> images = List.of();

    @Option(
            names = "--docker-socket",
            paramLabel = "PATH",
            description = "Where the engine listens. Default: that of $DOCKER_HOST, else /var/run/docker.sock.")
    @Nullable
    Path docker;

    @Mixin
    StoreOption store;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        try (ImageStore target = store.open()) {
            ImageImportCommand.print(
                    target.loadFromDocker(dockerSocket().toAbsolutePath(), images),
                    spec.commandLine().getOut());
        }
        return ExitCodes.OK;
    }

    private Path dockerSocket() {
        if (docker != null) {
            return docker;
        }
        String host = System.getenv("DOCKER_HOST");
        return host != null && host.startsWith("unix://")
                ? Path.of(host.substring("unix://".length()))
                : DockerEngine.DEFAULT_SOCKET;
    }
}
