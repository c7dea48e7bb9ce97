package io.gantry.image.registry;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.image.spec.DocumentLimits;
import io.gantry.image.spec.MediaTypes;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the list of what refers to a manifest: signatures, attestations and the like. A registry may cut it into pages,
 * each an index, of which each but the last names the next in a {@code Link} header.
 *
 * @see <a href="https://github.com/opencontainers/distribution-spec/blob/main/spec.md#listing-referrers">distribution-spec, referrers</a>
 * @see <a href="https://www.rfc-editor.org/rfc/rfc8288#section-3">RFC 8288, Link</a>
 */
final class FetchReferrers {
    private static final int MAX_PAGES = 64;
    private static final int MAX_BYTES = 4 * DocumentLimits.MANIFEST_BYTES;
    private static final Pattern NEXT =
            Pattern.compile("<([^<>]*)>\\s*(?:;[^,<>]*)?;\\s*rel\\s*=\\s*\"?next\"?\\s*(?:[;,].*)?");

    private final RegistryRequests requests;
    private final RegistryClientConfig config;

    FetchReferrers(RegistryRequests requests, RegistryClientConfig config) {
        this.requests = requests;
        this.config = config;
    }

    /**
     * The pages in their order.
     *
     * @throws EndpointException NOT_FOUND when the endpoint does not know this request; bad content for a list that has
     *     no end or goes on at another host
     */
    List<byte[]> at(
            Endpoint endpoint, ImageReference reference, Digest subject, @Nullable RegistryCredentials credentials)
            throws EndpointException, InterruptedException {
        List<byte[]> pages = new ArrayList<>();
        int bytes = 0;
        Optional<URI> next = Optional.of(endpoint.referrers(reference, subject.toString()));
        while (next.isPresent()) {
            URI uri = next.get();
            HttpReply reply =
                    requests.get(endpoint, uri, reference, credentials, Map.of("Accept", MediaTypes.OCI_INDEX));
            // Of this reply: its connection serves another one afterwards.
            List<String> links = reply.headers("Link");
            byte[] page =
                    SmallContent.read(endpoint, reply, DocumentLimits.MANIFEST_BYTES, null, config.progressTimeout());
            pages.add(page);
            bytes += page.length;
            next = next(endpoint, uri, links);
            if (next.isPresent() && (pages.size() == MAX_PAGES || bytes > MAX_BYTES)) {
                throw SmallContent.bad(
                        endpoint,
                        "its list of what refers to " + subject + " has more than " + pages.size() + " pages or "
                                + MAX_BYTES + " bytes",
                        null);
            }
        }
        return pages;
    }

    private static Optional<URI> next(Endpoint endpoint, URI asked, List<String> links) throws EndpointException {
        for (String link : links) {
            Matcher matcher = NEXT.matcher(link);
            if (matcher.find()) {
                return Optional.of(resolve(endpoint, asked, matcher.group(1)));
            }
        }
        return Optional.empty();
    }

    /** Credentials go with it, so that it must stay where they belong. */
    private static URI resolve(Endpoint endpoint, URI asked, String link) throws EndpointException {
        URI uri;
        try {
            // URI follows RFC 2396, where a query alone takes the place of the last segment too; in RFC 3986 it does
            // not.
            uri = asked.resolve(link.startsWith("?") ? asked.getRawPath() + link : link);
        } catch (IllegalArgumentException e) {
            throw SmallContent.bad(endpoint, "it named " + link + " as the next page", e);
        }
        if (!asked.getScheme().equalsIgnoreCase(uri.getScheme())
                || !asked.getAuthority().equalsIgnoreCase(uri.getAuthority())) {
            throw SmallContent.bad(endpoint, "it named " + link + " as the next page, which is elsewhere", null);
        }
        return uri;
    }
}
