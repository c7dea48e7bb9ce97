package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.gantry.e2e.faults.FaultImage;
import io.gantry.e2e.faults.RegistryDouble;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A daemon that pulls {@code faults.example.test/<repository>:1} from a registry that fails as a test wants it. */
final class PullBed implements AutoCloseable {
    static final String HOST = "faults.example.test/";

    final CriRun run;
    final RegistryDouble registry;
    final Crictl crictl;

    private PullBed(CriRun run, RegistryDouble registry) {
        this.run = run;
        this.registry = registry;
        this.crictl = run.crictl();
    }

    /** @param images lines for the section of that name of the daemon's configuration */
    static PullBed start(String images) throws IOException, InterruptedException {
        return start(images, Map.of());
    }

    /**
     * @param images lines for the section of that name of the daemon's configuration
     * @param environment of the daemon
     */
    static PullBed start(String images, Map<String, String> environment) throws IOException, InterruptedException {
        CriRun run = CriRun.prepare();
        try {
            Path config = run.runtime().node().files().resolve("gantry.toml");
            Files.writeString(config, Files.readString(config).replace("[images]\n", "[images]\n" + images + "\n"));
            RegistryDouble registry = RegistryDouble.start();
            PullBed bed = new PullBed(run, registry);
            run.runtime().node().writeMirror("faults.example.test", registry.address());
            environment.forEach(run.runtime()::env);
            run.runtime().start();
            return bed;
        } catch (IOException | InterruptedException | RuntimeException e) {
            run.close();
            throw e;
        }
    }

    /** Serves an image and returns its reference. */
    String serve(String repository, FaultImage image) {
        registry.put(repository, image);
        return HOST + repository + ":1";
    }

    String pull(String reference, Object... options) throws IOException, InterruptedException {
        return crictl.run(arguments(reference, options));
    }

    Process pullInBackground(String reference, Object... options) throws IOException {
        return run.runtime()
                .crictl(arguments(reference, options))
                .background(Files.createTempFile(run.runtime().node().files(), "pull", ".out"));
    }

    /** Writes the file that says where the images of a registry host come from. */
    void hosts(String host, String toml) throws IOException {
        Path directory =
                Files.createDirectories(run.runtime().node().registries().resolve(host));
        Files.writeString(directory.resolve("hosts.toml"), toml);
    }

    /** Expects a pull to be refused, and gives the status with this run's addresses replaced by names. */
    Refusal refused(String reference, FaultImage image, Object... options) throws IOException, InterruptedException {
        Replacements names = new Replacements()
                .with(registry.address(), "REGISTRY")
                .with(image.layer(), "LAYER")
                .with(image.layerBytes().length, "SIZE");
        // A message that begins with RegistryUnavailable is one that crictl's client knows: it says it twice.
        String said = crictl.refused(arguments(reference, options)).replaceFirst("(?s)\" image=\"\\S*\"\n.*", "");
        return Refusal.parse(said, names);
    }

    private static Object[] arguments(String reference, Object... options) {
        return Stream.concat(Stream.of("pull"), Stream.concat(Stream.of(options), Stream.of(reference)))
                .toArray();
    }

    Path layers() {
        return run.runtime().node().root().resolve("layers");
    }

    /** Names of complete layers. */
    List<String> completeLayers() throws IOException {
        return list(layers()).stream().filter(name -> !name.startsWith(".")).toList();
    }

    private static List<String> list(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return List.of();
        }
        try (Stream<Path> paths = Files.list(directory)) {
            return paths.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    List<String> images() throws IOException, InterruptedException {
        return crictl.ids("images", "-q");
    }

    /** Waits until the daemon does nothing for a pull any more: no half layer, thread or open file of one. */
    void assertQuiet() throws IOException, InterruptedException {
        await("half layers, threads or files of a pull are left", () -> left().isEmpty());
    }

    /** Waits until no connection to a registry is open; idle ones are kept for ten seconds or so. */
    void assertNoConnectionsTo(RegistryDouble other) throws IOException, InterruptedException {
        await(
                "connections to " + other.address() + " are left",
                () -> connections(other.port()).isEmpty());
    }

    private static List<String> connections(int port) {
        String established = ":%04X 01".formatted(port);
        return Stream.of("/proc/net/tcp", "/proc/net/tcp6")
                .flatMap(file -> text(Path.of(file)).lines())
                .filter(line -> line.matches("\\s*\\d+: \\S+ \\S*" + established + " .*"))
                .toList();
    }

    private List<String> left() throws IOException {
        Stream<String> half = list(layers()).stream().filter(name -> name.startsWith("."));
        Stream<String> threads = threads().stream()
                .filter(name -> name.matches("gantry-(read|inflate|hash|extract)-.*|gantry-docker-load|gantry-export"));
        Stream<String> files =
                files().stream().filter(target -> target.startsWith(layers().toString()) || target.contains("/spool/"));
        return Stream.of(half, threads, files).flatMap(part -> part).toList();
    }

    /** How much a daemon holds open. */
    record Held(int files, int threads) {}

    Held held() throws IOException {
        return new Held(files().size(), threads().size());
    }

    /** Waits until the daemon holds about as much as before; the JDK keeps a thread or a socket for a while. */
    void assertNothingGrew(Held before) throws IOException, InterruptedException {
        await("descriptors or threads have grown from " + before, () -> {
            Held now = held();
            return now.files() <= before.files() + 8 && now.threads() <= before.threads() + 8;
        });
    }

    /** Names of the daemon's threads, as far as the kernel keeps them. */
    List<String> threads() throws IOException {
        Path tasks = process().resolve("task");
        return list(tasks).stream()
                .map(task -> text(tasks.resolve(task).resolve("comm")).strip())
                .toList();
    }

    /** What the daemon's descriptors are of. */
    List<String> files() throws IOException {
        Path descriptors = process().resolve("fd");
        return list(descriptors).stream()
                .map(fd -> link(descriptors.resolve(fd)))
                .toList();
    }

    private Path process() {
        return Path.of("/proc", Long.toString(run.runtime().pid()));
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            return "";
        }
    }

    private static String link(Path file) {
        try {
            return Files.readSymbolicLink(file).toString();
        } catch (IOException e) {
            return "";
        }
    }

    /** Something to wait for. */
    @FunctionalInterface
    interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    static void await(String otherwise, Condition condition) throws IOException, InterruptedException {
        for (int i = 0; i < 600; i++) {
            if (condition.holds()) {
                return;
            }
            Thread.sleep(50);
        }
        assertThat(condition.holds()).as(otherwise).isTrue();
    }

    @Override
    public void close() throws IOException {
        try {
            run.close();
        } finally {
            registry.close();
        }
    }
}
