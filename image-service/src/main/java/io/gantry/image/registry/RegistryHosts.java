package io.gantry.image.registry;

import io.gantry.image.reference.ImageReference;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which servers to ask for the images of a registry, from directories that are read anew for each look-up, so changes need
 * no restart. For registry {@code example.com:5000} the first of {@code example.com_5000_}, {@code example.com:5000} and
 * {@code _default} that is a directory counts; in it {@code hosts.toml}, or without that file Docker's {@code *.crt},
 * {@code *.cert} and {@code *.key}. A registry that no directory knows is asked directly over HTTPS, or, on a loopback
 * address, over HTTPS without verification and then plain HTTP.
 *
 * @see <a href="https://github.com/containerd/containerd/blob/main/docs/hosts.md">the hosts.toml format</a>
 */
public final class RegistryHosts {
    private static final String DOCKER_HUB_SERVER = "https://registry-1.docker.io";
    private static final String DEFAULT_DIRECTORY = "_default";

    private final List<Path> directories;
    private final UnknownKeys unknownKeys = new UnknownKeys();

    /** Looks in these directories, earlier ones first; they need not exist. */
    public RegistryHosts(List<Path> directories) {
        this.directories = List.copyOf(directories);
    }

    /** Looks in one directory, which need not exist. */
    public static RegistryHosts in(Path directory) {
        return new RegistryHosts(List.of(directory));
    }

    /**
     * The endpoints of a registry in the order to try them, the registry itself last.
     *
     * @throws GantryException FAILED_PRECONDITION naming the file, when a file is unreadable or wrong
     */
    List<Endpoint> endpoints(String registry) {
        Optional<Path> found = directoryOf(registry);
        if (found.isEmpty()) {
            return defaults(registry, TlsSettings.SYSTEM);
        }
        Path hostsToml = found.get().resolve("hosts.toml");
        if (Files.exists(hostsToml)) {
            return new HostsFile(hostsToml, registry, unknownKeys).read();
        }
        return defaults(registry, dockerCertificates(found.get()));
    }

    /** What is wrong with the files of registries, one text for each directory; empty when a pull can use all. */
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        for (Path directory : directories) {
            if (!Files.exists(directory)) {
                continue;
            }
            try {
                for (Path registry : sortedFiles(directory)) {
                    if (Files.isDirectory(registry)) {
                        problem(registry).ifPresent(problems::add);
                    }
                }
            } catch (GantryException e) {
                problems.add(e.problem());
            }
        }
        return List.copyOf(problems);
    }

    private Optional<String> problem(Path directory) {
        Path hostsToml = directory.resolve("hosts.toml");
        try {
            if (Files.exists(hostsToml)) {
                var unused = new HostsFile(hostsToml, registryOf(directory), unknownKeys).read();
            } else {
                var unused = dockerCertificates(directory);
            }
            return Optional.empty();
        } catch (GantryException e) {
            return Optional.of(e.action() + ": " + e.problem());
        }
    }

    /** {@code host_5000_} is how a directory is named where a colon cannot be. */
    private static String registryOf(Path directory) {
        String name = directory.getFileName().toString();
        return name.matches(".*_\\d+_") ? name.replaceFirst("_(\\d+)_$", ":$1") : name;
    }

    private Optional<Path> directoryOf(String registry) {
        int colon = registry.lastIndexOf(':');
        boolean hasPort = colon > registry.lastIndexOf(']');
        List<String> names = new ArrayList<>();
        if (hasPort) {
            names.add(registry.substring(0, colon) + "_" + registry.substring(colon + 1) + "_");
        }
        names.add(registry);
        names.add(DEFAULT_DIRECTORY);
        for (String name : names) {
            for (Path directory : directories) {
                Path candidate = directory.resolve(name);
                if (Files.isDirectory(candidate)) {
                    return Optional.of(candidate);
                }
            }
        }
        return Optional.empty();
    }

    /** The registry itself: one endpoint, or on a loopback address two. */
    static List<Endpoint> defaults(String registry, TlsSettings tls) {
        String server = registry.equals(ImageReference.DOCKER_HUB) ? DOCKER_HUB_SERVER : "https://" + registry;
        boolean plain = Loopback.isLoopback(registry);
        boolean noAuthorities = tls.authorities().isEmpty();
        URI secure = URI.create(server + "/v2");
        List<Endpoint> out = new ArrayList<>();
        out.add(direct(secure, plain && noAuthorities ? new TlsSettings(List.of(), tls.clients(), true) : tls, null));
        if (plain) {
            out.add(direct(URI.create("http://" + registry + "/v2"), TlsSettings.SYSTEM, secure));
        }
        return List.copyOf(out);
    }

    private static Endpoint direct(URI base, TlsSettings tls, @Nullable URI fallbackOf) {
        return new Endpoint(base, null, Endpoint.ALL, tls, Map.of(), null, true, fallbackOf);
    }

    /** Docker's layout: authorities in *.crt, client certificates in *.cert with the key of the same name beside. */
    private static TlsSettings dockerCertificates(Path directory) {
        List<Path> authorities = new ArrayList<>();
        List<TlsSettings.ClientPair> clients = new ArrayList<>();
        for (Path file : sortedFiles(directory)) {
            String name = file.getFileName().toString();
            if (name.endsWith(".crt")) {
                authorities.add(file);
            } else if (name.endsWith(".cert")) {
                Path key = directory.resolve(name.substring(0, name.length() - ".cert".length()) + ".key");
                if (!Files.exists(key)) {
                    throw problem(file, "its key " + key.getFileName() + " is missing", "put the key beside it");
                }
                clients.add(new TlsSettings.ClientPair(file, key));
            }
        }
        return new TlsSettings(authorities, clients, false);
    }

    private static List<Path> sortedFiles(Path directory) {
        List<Path> files = new ArrayList<>();
        try (DirectoryStream<Path> stream = Files.newDirectoryStream(directory)) {
            stream.forEach(files::add);
        } catch (IOException e) {
            throw problem(directory, e.toString(), "make it readable").causedBy(e);
        }
        files.sort(Comparator.naturalOrder());
        return files;
    }

    static GantryException problem(Path file, String problem, String remedy) {
        return GantryException.of(ErrorKind.FAILED_PRECONDITION, "read registry configuration " + file, problem)
                .withRemedy(remedy);
    }
}
