package io.gantry.cri.cli;

import io.gantry.cri.v1.AuthConfig;
import io.gantry.cri.v1.Image;
import io.gantry.cri.v1.ImageFilter;
import io.gantry.cri.v1.ImageSpec;
import io.gantry.cri.v1.ImageStatusRequest;
import io.gantry.cri.v1.ListImagesRequest;
import io.gantry.cri.v1.PullImageRequest;
import io.gantry.cri.v1.RemoveImageRequest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Json;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gantry image}. */
@Command(
        name = "image",
        description = "List, pull and remove images through the daemon.",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(list | pull | remove)")
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class ImageCommand {
    @Spec
    CommandSpec spec;

    @Command(name = "list", description = "List images.", mixinStandardHelpOptions = true)
    int list(
            @Parameters(arity = "0..1", paramLabel = "IMAGE", description = "Only this image: a name or an id.")
                    @Nullable
                    String image,
            @Option(names = "--json", description = "Print JSON.") boolean json,
            @Mixin SocketOption socket) {
        List<Image> images;
        try (CriClient client = socket.connect()) {
            ListImagesRequest.Builder request = ListImagesRequest.newBuilder();
            if (image != null) {
                request.setFilter(
                        ImageFilter.newBuilder().setImage(ImageSpec.newBuilder().setImage(image)));
            }
            images = client.images().listImages(request.build()).getImagesList();
        }
        if (json) {
            out().println(Json.mapper()
                    .writerWithDefaultPrettyPrinter()
                    .writeValueAsString(images.stream().map(ImageCommand::facts).toList()));
        } else {
            table(images).print(out());
        }
        return ExitCodes.OK;
    }

    private static Table table(List<Image> images) {
        Table table = new Table("IMAGE", "ID", "SIZE", "PINNED");
        for (Image image : images) {
            List<String> names = image.getRepoTagsCount() > 0 ? image.getRepoTagsList() : image.getRepoDigestsList();
            for (String name : names.isEmpty() ? List.of("-") : names) {
                table.row(name, Human.id(image.getId()), Human.bytes(image.getSize()), image.getPinned() ? "yes" : "");
            }
        }
        return table;
    }

    private static Map<String, Object> facts(Image image) {
        Map<String, Object> facts = new LinkedHashMap<>();
        facts.put("id", image.getId());
        facts.put("tags", List.copyOf(image.getRepoTagsList()));
        facts.put("digests", List.copyOf(image.getRepoDigestsList()));
        facts.put("size", image.getSize());
        facts.put("pinned", image.getPinned());
        return facts;
    }

    @Command(
            name = "pull",
            description = "Pull an image and print its id. A pull that was broken off goes on where it stopped.",
            mixinStandardHelpOptions = true)
    int pull(
            @Parameters(paramLabel = "IMAGE", description = "Name with tag or digest.") String image,
            @Option(
                            names = "--user",
                            paramLabel = "NAME",
                            description = "User name for the registry; the password is read from standard input.")
                    @Nullable
                    String user,
            @Mixin SocketOption socket) {
        PullImageRequest.Builder request =
                PullImageRequest.newBuilder().setImage(ImageSpec.newBuilder().setImage(image));
        if (user != null) {
            request.setAuth(AuthConfig.newBuilder().setUsername(user).setPassword(readPassword()));
        }
        try (CriClient client = socket.connect(Duration.ZERO)) {
            out().println(client.images().pullImage(request.build()).getImageRef());
        }
        return ExitCodes.OK;
    }

    /** One line: a password on the command line could be seen by every user of the host. */
    private static String readPassword() {
        try {
            String line = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8)).readLine();
            if (line != null && !line.isEmpty()) {
                return line;
            }
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, "read the password", e.toString())
                    .causedBy(e);
        }
        throw GantryException.of(ErrorKind.INVALID_ARGUMENT, "read the password", "standard input is empty")
                .withRemedy("give it as one line: gantry image pull --user NAME IMAGE <file");
    }

    @Command(
            name = "remove",
            description = "Remove images with all their names. Layers that no other image needs go with them.",
            mixinStandardHelpOptions = true)
    int remove(
            @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Names or ids.") List<String> images,
            @Mixin SocketOption socket) {
        try (CriClient client = socket.connect()) {
            for (String image : images) {
                ImageSpec named = ImageSpec.newBuilder().setImage(image).build();
                // Removing what is not there is a success to CRI; a person who mistyped a name wants to know.
                if (!client.images()
                        .imageStatus(
                                ImageStatusRequest.newBuilder().setImage(named).build())
                        .hasImage()) {
                    throw GantryException.of(ErrorKind.NOT_FOUND, "remove image " + image, "there is no such image")
                            .withRemedy("'gantry image list' shows those there are");
                }
                client.images()
                        .removeImage(
                                RemoveImageRequest.newBuilder().setImage(named).build());
                out().println(image);
            }
        }
        return ExitCodes.OK;
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
