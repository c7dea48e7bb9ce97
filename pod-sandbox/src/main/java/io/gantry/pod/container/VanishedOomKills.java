package io.gantry.pod.container;

import io.gantry.pod.cgroup.Cgroups;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodState;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Shares out the OOM kills of scopes that systemd removed before anybody read their counters. On cgroup v2 a parent's counter
 * keeps them; each container that has been started notes how many of them are not its own ({@code foreignOomKills} of its
 * record, so that a restart of the daemon loses nothing), and those that came since are its own or those of neighbours that
 * ended at the same time.
 */
final class VanishedOomKills {
    private static final String SCOPE = ".scope";

    private final PodState state;
    private final Cgroups cgroups;
    private final Lock sharing = new ReentrantLock();

    VanishedOomKills(PodState state, Cgroups cgroups) {
        this.state = state;
        this.cgroups = cgroups;
    }

    /** What a container that is about to be started has to note; null where its cgroup does not vanish by itself. */
    @Nullable
    Long foreign(Container container) {
        if (!container.cgroup().endsWith(SCOPE)) {
            return null;
        }
        OptionalLong gone = cgroups.oomKillsOfGone(parent(container));
        return gone.isPresent() ? gone.getAsLong() : null;
    }

    /**
     * The kills of a container that has ended and whose cgroup is gone; 0 while it is there. Neighbours note that these are not
     * theirs. Where others ended at the same time and nobody knows yet how, the oldest kills are this container's and one is
     * left for each of them.
     *
     * @param likely whether it ended as one ends that was killed: then one kill is its own, if there is any
     */
    long attribute(Container container, boolean likely) {
        if (!container.cgroup().endsWith(SCOPE)) {
            return 0;
        }
        Long known = known(container);
        // Without a kill, which is the rule, one file is read.
        if (cgroups.oomKills(parent(container)).orElse(0) <= (known == null ? 0 : known)) {
            return 0;
        }
        sharing.lock();
        try {
            return share(state.containers().find(container.id()).orElse(container), likely);
        } finally {
            sharing.unlock();
        }
    }

    private long share(Container container, boolean likely) {
        OptionalLong gone = cgroups.oomKillsOfGone(parent(container));
        if (gone.isEmpty() || isThere(container)) {
            return 0;
        }
        List<Container> ending = new ArrayList<>();
        for (Container neighbour : neighbours(container)) {
            // Looked at after the figure was taken: what is there now has no part in it.
            if (isThere(neighbour)) {
                note(neighbour, gone.getAsLong());
            } else {
                ending.add(neighbour);
            }
        }
        Long known = known(container);
        if (known == null || gone.getAsLong() <= known) {
            return 0;
        }
        long own = Math.max(likely ? 1 : 0, gone.getAsLong() - known - ending.size());
        long foreign = known + own;
        ending.forEach(neighbour -> note(neighbour, foreign));
        return own;
    }

    private List<Container> neighbours(Container container) {
        return state.containers().all().stream()
                .filter(other -> !other.id().equals(container.id()))
                .filter(other -> other.status().mayHaveProcess() && known(other) != null)
                .filter(other -> parent(other).equals(parent(container)))
                .toList();
    }

    private boolean isThere(Container container) {
        return cgroups.oomKills(container.cgroup()).isPresent();
    }

    private void note(Container container, long foreign) {
        var unused = state.containers().updateEvenUnsaved(container.id(), current -> {
            Long before = known(current);
            return before != null && before < foreign && current.status().mayHaveProcess()
                    ? current.withStatus(current.status().withForeignOomKills(foreign))
                    : current;
        });
    }

    private static @Nullable Long known(Container container) {
        return container.status().foreignOomKills();
    }

    private static String parent(Container container) {
        String cgroup = container.cgroup();
        return cgroup.substring(0, Math.max(1, cgroup.lastIndexOf('/')));
    }
}
