package io.gantry.image.registry;

import io.gantry.image.reference.Digest;
import io.gantry.image.reference.ImageReference;
import io.gantry.platform.error.GantryException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks the endpoints of a registry for one thing until one has it: in their order; an endpoint that failed for a reason
 * that may pass is asked again after a pause that doubles (or the one it asked for), while the others go before it. Used by
 * one thread.
 */
final class EndpointRounds {
    private static final Logger LOG = LoggerFactory.getLogger(EndpointRounds.class);
    /** Being unreachable counts more than once: a dead host is not waited for five times. */
    private static final int UNREACHABLE_WEIGHT = 2;

    private final String action;
    private final ImageReference reference;
    private final RegistryClientConfig config;
    private final EndpointHealth health;
    private final Map<URI, State> states = new LinkedHashMap<>();

    EndpointRounds(
            String action,
            ImageReference reference,
            List<Endpoint> endpoints,
            @Nullable Digest content,
            RegistryClientConfig config,
            EndpointHealth health) {
        this.action = action;
        this.reference = reference;
        this.config = config;
        this.health = health;
        for (Endpoint endpoint : health.order(endpoints, content)) {
            states.putIfAbsent(endpoint.base(), new State(endpoint));
        }
    }

    /** Asks one endpoint. */
    @FunctionalInterface
    interface Attempt<T> {
        T at(Endpoint endpoint) throws EndpointException, InterruptedException;
    }

    private static final class State {
        private final Endpoint endpoint;
        private @Nullable Failure failure;
        private int failures;
        private long notBefore = System.nanoTime();

        State(Endpoint endpoint) {
            this.endpoint = endpoint;
        }
    }

    /**
     * The first success.
     *
     * @throws GantryException when no endpoint is left, with the reason of each
     */
    <T> T run(Attempt<T> attempt) throws InterruptedException {
        while (true) {
            State next = next();
            pauseUntil(next.notBefore);
            try {
                T result = attempt.at(next.endpoint);
                health.reachable(next.endpoint.base());
                return result;
            } catch (EndpointException e) {
                failed(next.endpoint, e.failure());
            }
        }
    }

    /** Counts a failure that came after an attempt had succeeded: in the middle of a body. */
    void failed(Endpoint endpoint, Failure failure) {
        LOG.debug("{}: {}: {}", action, failure.where(), failure.text());
        State state = state(endpoint);
        state.failure = failure;
        boolean unreachable = failure.cause() == Failure.Cause.UNREACHABLE || failure.cause() == Failure.Cause.TLS;
        state.failures += unreachable ? UNREACHABLE_WEIGHT : 1;
        if (unreachable) {
            health.unreachable(endpoint.base());
        }
        state.notBefore =
                System.nanoTime() + pause(state.failures, failure.retryAfter()).toNanos();
    }

    /** Forgets earlier failures of an endpoint, which has delivered since. */
    void delivered(Endpoint endpoint) {
        State state = state(endpoint);
        state.failures = 0;
        state.notBefore = System.nanoTime();
    }

    private State state(Endpoint endpoint) {
        return states.computeIfAbsent(endpoint.base(), _ -> new State(endpoint));
    }

    /** Of those that may still succeed, the one that may be asked soonest; the earlier one where equal. */
    private State next() {
        State best = null;
        for (State state : states.values()) {
            if (mayTry(state) && (best == null || state.notBefore - best.notBefore < 0 && best.failures > 0)) {
                best = state;
            }
        }
        if (best == null) {
            throw error();
        }
        return best;
    }

    private boolean mayTry(State state) {
        Failure failure = state.failure;
        boolean hope = failure == null || (failure.cause().isRetryable() && state.failures < config.attempts());
        URI preferred = state.endpoint.fallbackOf();
        return hope && (preferred == null ? !fallbackAnswered(state.endpoint.base()) : refusedTls(preferred));
    }

    /** Whether the plain form of an endpoint has spoken already, which it only may when TLS was refused before. */
    private boolean fallbackAnswered(URI endpoint) {
        return states.values().stream()
                .anyMatch(other -> endpoint.equals(other.endpoint.fallbackOf())
                        && other.failure != null
                        && !other.failure.cause().isNetwork());
    }

    private boolean refusedTls(URI endpoint) {
        State state = states.get(endpoint);
        if (state == null || state.failure == null) {
            return health.isUnreachable(endpoint);
        }
        return state.failure.cause().isNetwork();
    }

    private Duration pause(int failures, Duration asked) {
        long doubled = config.firstBackoff().toNanos() << Math.min(failures - 1, 16);
        long limit = config.maxBackoff().toNanos();
        long longest = Math.max(2, Math.min(doubled, limit));
        long jittered = ThreadLocalRandom.current().nextLong(longest / 2, longest);
        return Duration.ofNanos(Math.max(jittered, Math.min(asked.toNanos(), limit)));
    }

    private static void pauseUntil(long nanoTime) throws InterruptedException {
        long left = nanoTime - System.nanoTime();
        if (left > 0) {
            Thread.sleep(Duration.ofNanos(left));
        } else if (Thread.interrupted()) {
            throw new InterruptedException("cancelled");
        }
    }

    private GantryException error() {
        List<Failure> failures = new ArrayList<>();
        Failure upstream = null;
        for (State state : states.values()) {
            if (state.failure != null) {
                failures.add(state.failure);
                upstream = state.endpoint.upstream() ? state.failure : upstream;
            }
        }
        return PullFailure.of(action, reference.registry(), failures, upstream);
    }
}
