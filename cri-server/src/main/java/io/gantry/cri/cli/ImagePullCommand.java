package io.gantry.cri.cli;

import io.gantry.image.credential.DockerConfigFile;
import io.gantry.image.progress.LayerProgress;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.SpawnProcessRunner;
import io.gantry.platform.storage.Json;
import io.grpc.StatusRuntimeException;
import java.io.BufferedReader;
import java.io.Console;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gantry image pull}. */
@Command(
        name = "pull",
        description = {
            "Pull images and print their ids. A pull that was broken off goes on where it stopped.",
            "",
            "Credentials come from --user, else from Docker's config.json and the helpers it names."
        },
        mixinStandardHelpOptions = true,
        exitCodeListHeading = "%nExit status:%n",
        exitCodeList = {" 0:all images are here", " 1:an image could not be pulled; the others were"})
@SuppressWarnings("NullAway.Init") // picocli sets what is annotated.
final class ImagePullCommand implements Callable<Integer> {
    @Parameters(arity = "0..*", paramLabel = "IMAGE", description = "Names with tag or digest.")
    List<String> images = List.of();

    @Option(
            names = {"-f", "--file"},
            paramLabel = "FILE",
            description = "A list of names, one a line; # begins a comment. - for standard input.")
    @Nullable
    Path list;

    @Option(
            names = "--user",
            paramLabel = "NAME",
            description = "User name for the registry, the same for all names; the password is read from standard"
                    + " input.")
    @Nullable
    String user;

    @Option(
            names = "--docker-config",
            paramLabel = "FILE",
            description = "Credentials. Default: config.json in $DOCKER_CONFIG, else in ~/.docker.")
    @Nullable
    Path dockerConfig;

    @Option(names = "--json", description = "Print JSON, one object a line: how far each image is, then its id.")
    boolean json;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only ids. Default when standard output is not a terminal.")
    boolean quiet;

    @Mixin
    StoreOption store;

    @Spec
    CommandSpec spec;

    @Override
    public Integer call() throws InterruptedException {
        List<String> wanted = wanted();
        if (user != null) {
            requireOneRegistry(wanted);
        }
        @Nullable
        RegistryCredentials given = user == null ? null : RegistryCredentials.ofPassword(user, readPassword());
        boolean complete = true;
        try (ImageStore images = store.open()) {
            for (String image : wanted) {
                complete &= pull(images, image, given);
            }
        }
        return complete ? ExitCodes.OK : ExitCodes.FAILURE;
    }

    private boolean pull(ImageStore store, String image, @Nullable RegistryCredentials given)
            throws InterruptedException {
        try {
            String id = store.pull(image, given == null ? stored(image) : given, progress(image));
            PrintWriter out = spec.commandLine().getOut();
            out.println(json ? line(image, "id", id) : id);
            return true;
        } catch (GantryException e) {
            return failed(image, String.valueOf(e.getMessage()));
        } catch (StatusRuntimeException e) {
            return failed(
                    image,
                    e.getStatus().getDescription() == null
                            ? e.getStatus().toString()
                            : e.getStatus().getDescription());
        }
    }

    private boolean failed(String image, String problem) {
        if (json) {
            spec.commandLine().getOut().println(line(image, "error", problem));
        }
        spec.commandLine().getErr().println("gantry: " + problem);
        return false;
    }

    private Consumer<List<LayerProgress>> progress(String image) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            return layers -> out.println(line(image, "layers", layers));
        }
        if (quiet || !isTerminal()) {
            return _ -> {};
        }
        spec.commandLine().getErr().println(image);
        return new ProgressBars(spec.commandLine().getErr(), System::nanoTime)::draw;
    }

    private static boolean isTerminal() {
        Console console = System.console();
        return console != null && console.isTerminal();
    }

    private static String line(String image, String key, Object value) {
        Map<String, Object> line = new LinkedHashMap<>();
        line.put("image", image);
        line.put(key, value);
        return Json.mapper().writeValueAsString(line);
    }

    private List<String> wanted() {
        LinkedHashSet<String> wanted = new LinkedHashSet<>(images);
        if (list != null) {
            wanted.addAll(read(list));
        }
        if (wanted.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "no image is named: give names or --file");
        }
        // All names are looked at before the first pull begins.
        wanted.forEach(ImageReference::parse);
        return List.copyOf(wanted);
    }

    /** One password is for one registry: the others must not be shown it. */
    private static void requireOneRegistry(List<String> wanted) {
        List<String> registries = wanted.stream()
                .map(image -> ImageReference.parse(image).registry())
                .distinct()
                .toList();
        if (registries.size() > 1) {
            throw GantryException.of(
                            ErrorKind.INVALID_ARGUMENT,
                            "pull images with --user",
                            "one password is for one registry, and the names are of " + String.join(", ", registries))
                    .withRemedy("pull from one registry at a time, or keep the credentials in Docker's config.json");
        }
    }

    private List<String> read(Path file) {
        try {
            List<String> lines = file.toString().equals("-")
                    ? new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))
                            .lines()
                            .toList()
                    : Files.readAllLines(file);
            List<String> names = new ArrayList<>();
            for (String line : lines) {
                int comment = line.indexOf('#');
                String name = (comment < 0 ? line : line.substring(0, comment)).strip();
                if (!name.isEmpty()) {
                    names.add(name);
                }
            }
            return names;
        } catch (IOException e) {
            throw GantryException.of(ErrorKind.NOT_FOUND, "read the list of images " + file, e.toString())
                    .causedBy(e);
        }
    }

    private @Nullable RegistryCredentials stored(String image) throws InterruptedException {
        return new DockerConfigFile(dockerConfig(), SpawnProcessRunner.shared())
                .find(ImageReference.parse(image))
                .orElse(null);
    }

    private Path dockerConfig() {
        if (dockerConfig != null) {
            return dockerConfig;
        }
        String directory = System.getenv("DOCKER_CONFIG");
        return directory == null || directory.isEmpty()
                ? Path.of(System.getProperty("user.home"), ".docker", "config.json")
                : Path.of(directory, "config.json");
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
}
