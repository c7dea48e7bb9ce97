package io.gantry.image.registry;

import io.gantry.image.reference.Digest;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Remembers for a while which endpoints could not be reached, so that not every layer waits for a dead mirror again, and
 * which served wrong content. Such endpoints are asked last, never left out.
 */
final class EndpointHealth {
    private static final Duration UNREACHABLE_FOR = Duration.ofSeconds(30);
    private static final Duration WRONG_CONTENT_FOR = Duration.ofMinutes(10);
    private static final int MAX_REMEMBERED = 4096;

    private final Map<Mark, Long> marks = new ConcurrentHashMap<>();

    private record Mark(URI endpoint, @Nullable Digest content) {}

    void unreachable(URI endpoint) {
        put(new Mark(endpoint, null), UNREACHABLE_FOR);
    }

    void reachable(URI endpoint) {
        marks.remove(new Mark(endpoint, null));
    }

    void servedWrongContent(URI endpoint, Digest content) {
        put(new Mark(endpoint, content), WRONG_CONTENT_FOR);
    }

    boolean isUnreachable(URI endpoint) {
        return holds(new Mark(endpoint, null));
    }

    /** The same endpoints, those that promise nothing moved to the end. */
    List<Endpoint> order(List<Endpoint> endpoints, @Nullable Digest content) {
        List<Endpoint> good = new ArrayList<>();
        List<Endpoint> bad = new ArrayList<>();
        for (Endpoint endpoint : endpoints) {
            boolean wrong = content != null && holds(new Mark(endpoint.base(), content));
            (wrong || isUnreachable(endpoint.base()) ? bad : good).add(endpoint);
        }
        good.addAll(bad);
        return good;
    }

    private void put(Mark mark, Duration life) {
        if (marks.size() >= MAX_REMEMBERED) {
            marks.clear();
        }
        marks.put(mark, System.nanoTime() + life.toNanos());
    }

    private boolean holds(Mark mark) {
        Long until = marks.get(mark);
        if (until == null) {
            return false;
        }
        if (System.nanoTime() - until >= 0) {
            marks.remove(mark, until);
            return false;
        }
        return true;
    }
}
