package io.gantry.image.registry;

import io.gantry.image.reference.ImageReference;
import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One place that may serve the images of a registry: the registry's own server or a mirror of it.
 *
 * @param base URL that repository names are appended to, {@code https://mirror.example:5000/v2}, no slash at the end
 * @param namespace the registry that a mirror is asked to act for, sent as {@code ns}; null when this is the registry
 * @param headers sent with each request to this host and no other
 * @param dialTimeout null for the client's
 * @param upstream whether this is the registry itself, which may see the caller's credentials and has the last word
 * @param fallbackOf another endpoint that must have refused TLS before this one is tried
 */
record Endpoint(
        URI base,
        @Nullable String namespace,
        Set<Capability> capabilities,
        TlsSettings tls,
        Map<String, List<String>> headers,
        @Nullable Duration dialTimeout,
        boolean upstream,
        @Nullable URI fallbackOf) {
    enum Capability {
        PULL,
        RESOLVE,
        PUSH
    }

    static final Set<Capability> ALL = Set.of(Capability.PULL, Capability.RESOLVE, Capability.PUSH);

    Endpoint {
        capabilities = Set.copyOf(capabilities);
        headers = Map.copyOf(headers);
    }

    URI manifest(ImageReference reference, String tagOrDigest) {
        return URI.create(base + "/" + reference.repository() + "/manifests/" + tagOrDigest + query());
    }

    URI blob(ImageReference reference, String digest) {
        return URI.create(base + "/" + reference.repository() + "/blobs/" + digest + query());
    }

    URI referrers(ImageReference reference, String digest) {
        return URI.create(base + "/" + reference.repository() + "/referrers/" + digest + query());
    }

    private String query() {
        return namespace == null ? "" : "?ns=" + URLEncoder.encode(namespace, StandardCharsets.UTF_8);
    }

    /** Host with port as it stands in the URL. */
    String authority() {
        return base.getRawAuthority();
    }

    /** Without the API version, for people: {@code https://mirror.example:5000}. */
    String display() {
        String text = base.toString();
        return text.endsWith("/v2") ? text.substring(0, text.length() - 3) : text;
    }
}
