package io.gantry.cri.cli;

import io.gantry.cri.v1.Image;
import io.gantry.cri.v1.ImageFilter;
import io.gantry.cri.v1.ImageSpec;
import io.gantry.cri.v1.ImageStatusRequest;
import io.gantry.cri.v1.ListImagesRequest;
import io.gantry.cri.v1.RemoveImageRequest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.Json;
import java.io.PrintWriter;
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
        description = "List, pull, remove, import, export and verify images.",
        subcommands = {
            ImagePullCommand.class,
            ImageImportCommand.class,
            ImageExportCommand.class,
            ImageLoadFromDockerCommand.class,
            ImageVerifyCommand.class
        },
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "(list | pull | remove | import | export | load-from-docker | verify)")
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
