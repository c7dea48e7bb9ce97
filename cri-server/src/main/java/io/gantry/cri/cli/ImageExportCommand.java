package io.gantry.cri.cli;

import io.gantry.image.archive.ArchiveFormat;
import io.gantry.image.archive.ExportedImage;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.storage.FileErrors;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gantry image export}. */
@Command(
        name = "export",
        description = {
            "Write images into one archive, for 'docker load', skopeo, other nodes or 'gantry image import'.",
            "",
            "No compressed copy of a layer is kept, so layers are written anew from their files. Where that gives other"
                    + " bytes than those the layer came in, the image in the archive has another id, which is told on"
                    + " standard error; its files are the same. The same images always give the same archive. To compress"
                    + " it: gantry image export -o - IMAGE | zstd."
        },
        mixinStandardHelpOptions = true)
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class ImageExportCommand implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "IMAGE", description = "Names or ids.")
    List<String> images;

    @Option(
            names = {"-o", "--output"},
            required = true,
            paramLabel = "FILE",
            description = "Archive to write, replaced when it is complete; - for standard output.")
    Path output;

    @Option(
            names = "--format",
            paramLabel = "FORMAT",
            description = "oci: OCI image layout (default); docker: as 'docker save' writes it.",
            converter = FormatConverter.class)
    ArchiveFormat format = ArchiveFormat.OCI;

    @Mixin
    StoreOption store;

    @Spec
    CommandSpec spec;

    /** Format names are lower case. */
    static final class FormatConverter implements picocli.CommandLine.ITypeConverter<ArchiveFormat> {
        @Override
        public ArchiveFormat convert(String value) {
            return switch (value) {
                case "oci" -> ArchiveFormat.OCI;
                case "docker" -> ArchiveFormat.DOCKER;
                default -> throw new picocli.CommandLine.TypeConversionException("it is neither oci nor docker");
            };
        }
    }

    @Override
    public Integer call() throws InterruptedException {
        List<ExportedImage> exported;
        try (ImageStore from = store.open()) {
            exported = output.toString().equals("-") ? toStandardOutput(from) : toFile(from);
        }
        for (ExportedImage image : exported) {
            if (!image.isUnchanged()) {
                spec.commandLine()
                        .getErr()
                        .println("image " + image.id() + " has the id " + image.archiveId()
                                + " in the archive: its layers were written anew");
            }
        }
        return ExitCodes.OK;
    }

    private List<ExportedImage> toStandardOutput(ImageStore from) throws InterruptedException {
        Console console = System.console();
        if (console != null && console.isTerminal()) {
            throw GantryException.of(ErrorKind.INVALID_ARGUMENT, "export images", "standard output is a terminal")
                    .withRemedy("redirect it, or give --output FILE");
        }
        try (OutputStream out = new FileOutputStream(FileDescriptor.out)) {
            return from.export(images, format, out);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    /**
     * A name beside the target first, that nobody else has or can foresee: what is there stays until the new archive is
     * complete. What is no file, as a pipe, is written to as it is.
     */
    private List<ExportedImage> toFile(ImageStore from) throws InterruptedException {
        Path target = output.toAbsolutePath();
        boolean isFile = !Files.exists(target) || Files.isRegularFile(target);
        return isFile ? replaced(target, from) : toSpecialFile(target, from);
    }

    private List<ExportedImage> toSpecialFile(Path target, ImageStore from) throws InterruptedException {
        try (OutputStream out = Files.newOutputStream(target, StandardOpenOption.WRITE)) {
            return from.export(images, format, out);
        } catch (IOException e) {
            throw failed(e);
        }
    }

    private List<ExportedImage> replaced(Path target, ImageStore from) throws InterruptedException {
        Path partial = target.resolveSibling(
                "." + target.getFileName() + "." + Long.toHexString(new SecureRandom().nextLong()) + ".partial");
        try {
            List<ExportedImage> exported;
            try (OutputStream out = Files.newOutputStream(
                    partial, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS)) {
                exported = from.export(images, format, out);
            }
            Files.move(partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return exported;
        } catch (IOException e) {
            throw failed(e);
        } finally {
            try {
                Files.deleteIfExists(partial);
            } catch (IOException e) {
                spec.commandLine().getErr().println("gantry: " + partial + " is left: " + e);
            }
        }
    }

    private GantryException failed(IOException e) {
        return FileErrors.during("write the archive " + output, e);
    }
}
