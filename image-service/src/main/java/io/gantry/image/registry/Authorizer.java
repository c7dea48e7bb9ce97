package io.gantry.image.registry;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Answers the challenges of registries and remembers the answers, for each endpoint, repository and set of credentials
 * apart. Several layers that are challenged at once fetch one token.
 */
final class Authorizer {
    private static final int MAX_REMEMBERED = 1024;

    private final TokenRequest tokens;
    private final Map<Key, Slot> slots = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Slot> eldest) {
            return size() > MAX_REMEMBERED;
        }
    };

    Authorizer(HttpTransport transport) {
        this.tokens = new TokenRequest(transport);
    }

    private record Key(
            String endpoint, String repository, @Nullable RegistryCredentials credentials) {}

    private static final class Slot {
        final ReentrantLock lock = new ReentrantLock();
        volatile @Nullable Grant grant;
    }

    /** A value for the Authorization header and when to stop using it. */
    record Grant(String header, long expiresNanos) {
        boolean isFresh() {
            return System.nanoTime() - expiresNanos < 0;
        }
    }

    /** What to send without having been asked: an answer that worked before, or nothing. */
    @Nullable
    String remembered(Endpoint endpoint, String repository, @Nullable RegistryCredentials credentials) {
        if (credentials != null && !credentials.registryToken().isEmpty()) {
            return "Bearer " + credentials.registryToken();
        }
        Grant grant = slot(endpoint, repository, credentials).grant;
        return grant != null && grant.isFresh() ? grant.header() : null;
    }

    /**
     * The answer to a challenge.
     *
     * @param refused the Authorization header that was not accepted, null when none was sent
     * @throws EndpointException when there is no answer to give
     */
    String answer(
            Endpoint endpoint,
            String repository,
            @Nullable RegistryCredentials credentials,
            List<Challenge> challenges,
            @Nullable String refused)
            throws EndpointException, InterruptedException {
        Slot slot = slot(endpoint, repository, credentials);
        slot.lock.lockInterruptibly();
        try {
            Grant known = slot.grant;
            if (known != null && known.isFresh() && !known.header().equals(refused)) {
                return known.header();
            }
            slot.grant = null;
            Grant fresh = grant(endpoint, repository, credentials, challenges);
            if (fresh.header().equals(refused)) {
                throw new EndpointException(
                        Failure.of(endpoint, Failure.Cause.UNAUTHENTICATED, "the credentials were refused"));
            }
            slot.grant = fresh;
            return fresh.header();
        } finally {
            slot.lock.unlock();
        }
    }

    private Grant grant(
            Endpoint endpoint, String repository, @Nullable RegistryCredentials credentials, List<Challenge> challenges)
            throws EndpointException, InterruptedException {
        Optional<Challenge> bearer = find(challenges, "bearer");
        if (credentials != null && !credentials.registryToken().isEmpty()) {
            return lasting("Bearer " + credentials.registryToken());
        }
        if (bearer.isPresent()) {
            return tokens.fetch(endpoint, repository, credentials, bearer.get());
        }
        if (find(challenges, "basic").isPresent()) {
            if (credentials == null || credentials.username().isEmpty()) {
                throw new EndpointException(Failure.of(
                        endpoint,
                        Failure.Cause.UNAUTHENTICATED,
                        "it asks for a user name and password, and there are none for it"));
            }
            return lasting(basic(credentials));
        }
        String offered = challenges.isEmpty()
                ? "without saying how to authenticate"
                : "and offers only "
                        + challenges.stream().map(Challenge::scheme).distinct().toList();
        throw new EndpointException(
                Failure.of(endpoint, Failure.Cause.UNAUTHENTICATED, "it refused access " + offered));
    }

    private static Grant lasting(String header) {
        return new Grant(header, System.nanoTime() + Long.MAX_VALUE / 2);
    }

    static String basic(RegistryCredentials credentials) {
        String pair = credentials.username() + ":" + credentials.password();
        return "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
    }

    private static Optional<Challenge> find(List<Challenge> challenges, String scheme) {
        return challenges.stream().filter(c -> c.scheme().equals(scheme)).findFirst();
    }

    private Slot slot(Endpoint endpoint, String repository, @Nullable RegistryCredentials credentials) {
        Key key = new Key(endpoint.base().toString(), repository, credentials);
        synchronized (slots) {
            return slots.computeIfAbsent(key, _ -> new Slot());
        }
    }
}
