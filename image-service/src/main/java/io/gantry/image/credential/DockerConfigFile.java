package io.gantry.image.credential;

import io.gantry.image.reference.ImageReference;
import io.gantry.image.registry.RegistryCredentials;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.process.ProcessRunner;
import io.gantry.platform.storage.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Credentials as {@code docker login} and the kubelet's {@code --config} keep them: {@code auths}, {@code credHelpers} and
 * {@code credsStore}. As in the kubelet, a key may have a path, and the longest that an image's name begins with holds; a
 * {@code *} in a part of a host stands for any text in that part. The file is read at each look-up, so that a login counts
 * at once.
 *
 * @see <a href="https://docs.docker.com/reference/cli/docker/login/">docker login</a>
 * @see <a href="https://kubernetes.io/docs/concepts/containers/images/#config-json">Kubernetes, config.json</a>
 */
public final class DockerConfigFile {
    private static final int MAX_BYTES = 4 << 20;
    private static final String DOCKER_HUB_KEY = "https://index.docker.io/v1/";

    private final Path file;
    private final CredentialHelper helpers;

    public DockerConfigFile(Path file, ProcessRunner processes) {
        this.file = file;
        this.helpers = new CredentialHelper(processes);
    }

    /**
     * What to show to the registry of an image; empty when the file says nothing about it, or is not there.
     *
     * @throws GantryException FAILED_PRECONDITION when the file or a helper's answer makes no sense, NOT_FOUND when a
     *     helper is not installed
     */
    public Optional<RegistryCredentials> find(ImageReference reference) throws InterruptedException {
        JsonNode config = read();
        if (config == null) {
            return Optional.empty();
        }
        String server = reference.registry().equals(ImageReference.DOCKER_HUB) ? DOCKER_HUB_KEY : reference.registry();
        JsonNode perRegistry = config.path("credHelpers").path(reference.registry());
        if (perRegistry.isMissingNode()) {
            perRegistry = config.path("credHelpers").path(server);
        }
        if (perRegistry.isString()) {
            return helpers.get(perRegistry.stringValue(), server);
        }
        Optional<RegistryCredentials> stored = stored(config.path("auths"), reference);
        String store = config.path("credsStore").asString("");
        if (stored.isPresent() || store.isEmpty()) {
            return stored;
        }
        return helpers.get(store, server);
    }

    private @Nullable JsonNode read() {
        try {
            if (Files.size(file) > MAX_BYTES) {
                throw problem("it has more than " + MAX_BYTES + " bytes");
            }
            JsonNode config = Json.mapper().readTree(Files.readAllBytes(file));
            if (!config.isObject()) {
                throw problem("it is not a JSON object");
            }
            return config;
        } catch (NoSuchFileException _) {
            return null;
        } catch (JacksonException _) {
            // The parser's text may quote a secret.
            throw problem("it is not valid JSON");
        } catch (IOException e) {
            throw problem("it cannot be read: " + e);
        }
    }

    private Optional<RegistryCredentials> stored(JsonNode auths, ImageReference reference) {
        String best = null;
        for (String key : auths.propertyNames()) {
            boolean usable = auths.get(key).isObject() && !auths.get(key).isEmpty();
            if (usable
                    && fits(key, reference)
                    && (best == null || bare(key).length() > bare(best).length())) {
                best = key;
            }
        }
        if (best == null) {
            return Optional.empty();
        }
        JsonNode auth = auths.get(best);
        RegistryCredentials credentials = new RegistryCredentials(
                auth.path("username").asString(""),
                auth.path("password").asString(""),
                auth.path("auth").asString(""),
                "",
                auth.path("identitytoken").asString(""),
                auth.path("registrytoken").asString(""));
        return credentials.isEmpty() ? Optional.empty() : Optional.of(credentials);
    }

    /** Whether a key is the image's registry, or the beginning of its name up to a slash. */
    static boolean fits(String key, ImageReference reference) {
        String bare = bare(key);
        int slash = bare.indexOf('/');
        String host = slash < 0 ? bare : bare.substring(0, slash);
        String path = slash < 0 ? "" : bare.substring(slash + 1);
        boolean hub =
                List.of("docker.io", "index.docker.io", "registry-1.docker.io").contains(host);
        if (hub && reference.registry().equals(ImageReference.DOCKER_HUB)) {
            return path.isEmpty() || isPrefix(path, reference.repository());
        }
        return hostFits(host, reference.registry().toLowerCase(Locale.ROOT))
                && (path.isEmpty() || isPrefix(path, reference.repository()));
    }

    private static boolean isPrefix(String path, String repository) {
        return repository.equals(path) || repository.startsWith(path + "/");
    }

    private static boolean hostFits(String pattern, String host) {
        if (!pattern.contains("*")) {
            return pattern.equals(host);
        }
        String[] wanted = pattern.split("\\.", -1);
        String[] actual = host.split("\\.", -1);
        if (wanted.length != actual.length) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            String expression = String.join(
                    "[^.]*",
                    List.of(wanted[i].split("\\*", -1)).stream()
                            .map(java.util.regex.Pattern::quote)
                            .toList());
            if (!actual[i].matches(expression)) {
                return false;
            }
        }
        return true;
    }

    /** Host and path of a key, without scheme, API version and slash at the end. */
    private static String bare(String key) {
        String text = key.strip();
        int scheme = text.indexOf("://");
        if (scheme >= 0) {
            text = text.substring(scheme + 3);
        }
        while (text.endsWith("/")) {
            text = text.substring(0, text.length() - 1);
        }
        if (text.endsWith("/v1") || text.endsWith("/v2")) {
            text = text.substring(0, text.length() - 3);
        }
        int slash = text.indexOf('/');
        return slash < 0
                ? text.toLowerCase(Locale.ROOT)
                : text.substring(0, slash).toLowerCase(Locale.ROOT) + text.substring(slash);
    }

    private GantryException problem(String text) {
        return GantryException.of(ErrorKind.FAILED_PRECONDITION, "read credentials from " + file, text)
                .withRemedy("log in again, or correct the file");
    }
}
