package io.gantry.pod.stats;

import io.gantry.image.snapshot.SnapshotUsage;
import io.gantry.platform.concurrent.TaskScope;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.linux.HostFacts;
import io.gantry.platform.linux.Syscalls;
import io.gantry.pod.container.ContainerFilter;
import io.gantry.pod.sandbox.SandboxFilter;
import io.gantry.pod.state.Container;
import io.gantry.pod.state.PodSandbox;
import io.gantry.pod.state.PodState;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What sandboxes and containers use: the façade of this package. Reads never wait for an operation that is under way; a list
 * has what runs, and one that ends meanwhile or cannot be read is left out of it. The figures of a list may be a moment
 * ({@link Recent#MOMENT}) old and bear the time at which they were read; those of one container or sandbox are read anew.
 */
public final class PodStats implements AutoCloseable {
    /** How long one call waits for all disk usage that was never measured. */
    private static final Duration PATIENCE = Duration.ofMillis(50);

    /** Fewer subjects are read faster by one thread. */
    private static final int LEAST_PER_THREAD = 8;

    private static final int MOST_THREADS = Math.min(4, Runtime.getRuntime().availableProcessors());

    private static final Logger log = LoggerFactory.getLogger(PodStats.class);

    private final StatsParts parts;
    private final StatsSampler sampler;

    PodStats(StatsParts parts) {
        this.parts = parts;
        this.sampler = new StatsSampler(parts);
    }

    /**
     * Stats of this host's sandboxes.
     *
     * @param diskUsage of a container's writable layer; may walk through it
     * @param root a directory on the file system of the writable layers
     * @param executor for what is measured beside the calls
     */
    public static PodStats of(
            PodState state,
            HostFacts host,
            Function<String, Optional<SnapshotUsage>> diskUsage,
            Path root,
            Syscalls syscalls,
            Executor executor,
            Clock clock) {
        return new PodStats(StatsParts.of(state, host, diskUsage, root, syscalls, executor, clock));
    }

    /** Begins to sample beside the calls. */
    public void start() {
        sampler.start();
    }

    /**
     * ContainerStats. Of a container that does not run, only its disk usage is told.
     *
     * @throws GantryException NOT_FOUND for an unknown id
     */
    public ContainerUsage container(String id) throws InterruptedException {
        Container container = parts.state()
                .findContainer(id)
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.NOT_FOUND, "read stats of container " + id, "there is no container of that id"));
        return reader(new Census(parts.state()), false).usage(container);
    }

    /** ListContainerStats: of those that run and match. */
    public List<ContainerUsage> containers(ContainerFilter filter) throws InterruptedException {
        List<Container> wanted = parts.state().containers().all().stream()
                .filter(container -> container.status().isRunning() && filter.matches(container))
                .toList();
        return each(wanted, Container::id, true, (reader, container) -> {
            ContainerUsage usage = reader.usage(container);
            return usage.cgroup() == null ? null : usage;
        });
    }

    /**
     * PodSandboxStats. Of a sandbox that is not ready, nothing but what it is is told.
     *
     * @throws GantryException NOT_FOUND for an unknown id
     */
    public SandboxUsage sandbox(String id) throws InterruptedException {
        PodSandbox sandbox = parts.state()
                .findSandbox(id)
                .orElseThrow(() -> GantryException.of(
                        ErrorKind.NOT_FOUND, "read stats of pod sandbox " + id, "there is no sandbox of that id"));
        SandboxUsage usage =
                sandbox.isReady() ? reader(new Census(parts.state()), false).usage(sandbox) : null;
        return usage == null ? new SandboxUsage(sandbox, null, null, null, List.of(), 0, List.of()) : usage;
    }

    /** ListPodSandboxStats: of those that are ready and match. */
    public List<SandboxUsage> sandboxes(SandboxFilter filter) throws InterruptedException {
        List<PodSandbox> wanted = parts.state().sandboxes().all().stream()
                .filter(sandbox -> sandbox.isReady() && filter.matches(sandbox))
                .toList();
        return each(wanted, PodSandbox::id, true, StatsReader::usage);
    }

    /** ListPodSandboxMetrics: all that is known of the sandboxes that are ready and the containers that run. */
    public List<SandboxFigures> figures() throws InterruptedException {
        sampler.metricsRead();
        List<PodSandbox> wanted = parts.state().sandboxes().all().stream()
                .filter(PodSandbox::isReady)
                .toList();
        return each(wanted, PodSandbox::id, false, StatsReader::figures);
    }

    /** The file system that the writable layers are on, as it is now. */
    public FilesystemFigures filesystem() {
        return parts.filesystems().get();
    }

    private StatsReader reader(Census census, boolean recent) {
        return new StatsReader(parts, census, recent, System.nanoTime() + PATIENCE.toNanos());
    }

    /** Null for a subject that has just ended. */
    private interface Read<S, T> {
        @Nullable
        T of(StatsReader reader, S subject) throws InterruptedException;
    }

    /** Reads all subjects, in a few threads when they are many. */
    private <S, T> List<T> each(List<S> subjects, Function<S, String> id, boolean recent, Read<S, T> read)
            throws InterruptedException {
        Census census = new Census(parts.state());
        int threads = Math.clamp(subjects.size() / LEAST_PER_THREAD, 1, MOST_THREADS);
        if (threads == 1) {
            return slice(subjects, id, reader(census, recent), read);
        }
        List<TaskScope.Task<List<T>>> slices = new ArrayList<>();
        List<T> all = new ArrayList<>(subjects.size());
        try (TaskScope scope = new TaskScope("read stats")) {
            for (int i = 0; i < threads; i++) {
                List<S> part = subjects.subList(i * subjects.size() / threads, (i + 1) * subjects.size() / threads);
                slices.add(scope.fork("slice " + i, () -> slice(part, id, reader(census, recent), read)));
            }
            scope.join();
            for (TaskScope.Task<List<T>> done : slices) {
                all.addAll(done.get());
            }
        }
        return all;
    }

    private static <S, T> List<T> slice(List<S> subjects, Function<S, String> id, StatsReader reader, Read<S, T> read)
            throws InterruptedException {
        List<T> results = new ArrayList<>(subjects.size());
        for (S subject : subjects) {
            try {
                T result = read.of(reader, subject);
                if (result != null) {
                    results.add(result);
                }
            } catch (RuntimeException e) {
                log.warn("figures left out: subject={}", id.apply(subject), e);
            }
        }
        return results;
    }

    @Override
    public void close() {
        sampler.close();
    }
}
