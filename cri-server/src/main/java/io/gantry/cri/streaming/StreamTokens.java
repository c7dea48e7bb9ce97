package io.gantry.cri.streaming;

import io.gantry.cri.streaming.session.StreamRequest;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;

/** Secrets that stand for requests: 128 random bits each, good for one use and a limited time. Safe for many threads. */
final class StreamTokens {
    /** Requests that may be outstanding at a time. */
    static final int MAX_OUTSTANDING = 1000;

    private static final int BYTES = 16;

    private record Entry(StreamRequest request, long expiresAt) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Map<String, Entry> entries = new HashMap<>();
    private final SecureRandom random = new SecureRandom();
    private final Duration lifetime;
    private final LongSupplier nanoTime;

    StreamTokens(Duration lifetime, LongSupplier nanoTime) {
        this.lifetime = lifetime;
        this.nanoTime = nanoTime;
    }

    /**
     * Keeps a request.
     *
     * @return its token, of letters, digits, {@code -} and {@code _}
     * @throws GantryException RESOURCE_EXHAUSTED when too many are outstanding
     */
    String put(StreamRequest request) {
        byte[] secret = new byte[BYTES];
        random.nextBytes(secret);
        String token = Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
        lock.lock();
        try {
            long now = nanoTime.getAsLong();
            if (entries.size() >= MAX_OUTSTANDING) {
                entries.values().removeIf(entry -> entry.expiresAt() - now <= 0);
            }
            if (entries.size() >= MAX_OUTSTANDING) {
                throw GantryException.of(
                                ErrorKind.RESOURCE_EXHAUSTED,
                                request.action(),
                                MAX_OUTSTANDING + " streaming URLs have been handed out and not been used yet")
                        .withRemedy("try again; an unused URL is forgotten after " + lifetime.toSeconds() + " s");
            }
            entries.put(token, new Entry(request, now + lifetime.toNanos()));
            return token;
        } finally {
            lock.unlock();
        }
    }

    /** The request of a token, which is used up by that; empty when there is none of that kind, any more or at all. */
    Optional<StreamRequest> take(String kind, String token) {
        lock.lock();
        try {
            Entry entry = entries.get(token);
            if (entry == null || !entry.request().kind().equals(kind)) {
                return Optional.empty();
            }
            entries.remove(token);
            return entry.expiresAt() - nanoTime.getAsLong() > 0 ? Optional.of(entry.request()) : Optional.empty();
        } finally {
            lock.unlock();
        }
    }
}
