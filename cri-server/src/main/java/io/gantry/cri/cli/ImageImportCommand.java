package io.gantry.cri.cli;

import java.io.PrintWriter;
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

/** {@code gantry image import}. */
@Command(
        name = "import",
        description = {
            "Import images from an archive: what 'docker save' wrote, or an OCI image layout as an archive or a directory;"
                    + " plain, gzip or zstd.",
            "",
            "All images of the archive come in under all the names it gives them. Prints each image's id and names."
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class ImageImportCommand implements Callable<Integer> {
    @Parameters(paramLabel = "ARCHIVE", description = "File or directory; - for standard input.")
    Path archive;

    @Option(
            names = {"-t", "--name"},
            paramLabel = "NAME",
            description = "Name in place of the archive's, for an archive with one image.")
    @Nullable
    String name;

    @Mixin
    StoreOption store;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        try (ImageStore images = store.open()) {
            print(
                    archive.toString().equals("-")
                            ? images.importStream(System.in, name)
                            : images.importPath(archive.toAbsolutePath(), name),
                    spec.commandLine().getOut());
        }
        return ExitCodes.OK;
    }

    static void print(List<ImageStore.Imported> images, PrintWriter out) {
        for (ImageStore.Imported image : images) {
            out.println(image.id() + (image.names().isEmpty() ? "" : "  " + String.join(" ", image.names())));
        }
    }
}
