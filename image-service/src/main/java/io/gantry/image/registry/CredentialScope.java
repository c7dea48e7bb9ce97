package io.gantry.image.registry;

import io.gantry.image.reference.ImageReference;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Decides which endpoint may see which credentials. */
final class CredentialScope {
    private static final Set<String> DOCKER_HUB_NAMES =
            Set.of(ImageReference.DOCKER_HUB, "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com");

    private CredentialScope() {}

    /**
     * The credentials for an endpoint, null when it must not see them: those without a server address are for the
     * registry of the image's name itself, those with one for that server. A mirror sees only its own.
     */
    static @Nullable RegistryCredentials forEndpoint(
            @Nullable RegistryCredentials credentials, Endpoint endpoint, ImageReference reference) {
        if (credentials == null || credentials.isEmpty()) {
            return null;
        }
        String registry = normal(reference.registry());
        String server = credentials.serverAddress().isBlank() ? registry : normal(credentials.serverAddress());
        boolean own = server.equals(normal(endpoint.authority())) || (endpoint.upstream() && server.equals(registry));
        return own ? credentials : null;
    }

    /** Host and port of an address as users write it: with or without scheme and path, Docker Hub under any name. */
    private static String normal(String address) {
        String text = address.strip().toLowerCase(Locale.ROOT);
        int scheme = text.indexOf("://");
        boolean http = text.startsWith("http://");
        if (scheme >= 0) {
            text = text.substring(scheme + 3);
        }
        int slash = text.indexOf('/');
        if (slash >= 0) {
            text = text.substring(0, slash);
        }
        String defaultPort = http ? ":80" : ":443";
        if (text.endsWith(defaultPort)) {
            text = text.substring(0, text.length() - defaultPort.length());
        }
        return DOCKER_HUB_NAMES.contains(text) ? ImageReference.DOCKER_HUB : text;
    }
}
