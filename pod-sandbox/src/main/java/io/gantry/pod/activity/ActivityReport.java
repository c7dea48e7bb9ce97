package io.gantry.pod.activity;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the daemon is doing at one moment, as it is shown.
 *
 * @param now the moment
 * @param since when this run of the daemon began; of earlier ones nothing is known
 * @param calls under way, oldest first
 * @param failures the last calls that failed, oldest first
 */
public record ActivityReport(Instant now, Instant since, List<Call> calls, List<Failure> failures) {
    /**
     * A call under way.
     *
     * @param call name of the call in CRI
     * @param about with ids as far as they are known
     * @param step the present one; empty between steps
     * @param stepSince when it began
     * @param waitsFor empty when it works, or nothing is known
     * @param steps those that are over
     */
    public record Call(
            String call,
            Subject about,
            Instant since,
            String step,
            Instant stepSince,
            List<Wait> waitsFor,
            List<Step> steps) {}

    /**
     * What a step waits for.
     *
     * @param what for people: {@code "CNI plugin bridge to finish ADD"}
     * @param deadline when the wait is given up or cut short; null for never, or when it is not known
     */
    public record Wait(String what, Instant since, @Nullable Instant deadline) {}

    /**
     * A step that is over.
     *
     * @param ms milliseconds
     */
    public record Step(String step, double ms) {}

    /**
     * A call that made or started an object.
     *
     * @param ms milliseconds, all in all
     */
    public record Start(String call, Instant at, double ms, List<Step> steps) {}

    /**
     * A call that failed. What fails again, by call and name, stands here once.
     *
     * @param step the one that failed; empty when it failed before the first
     * @param at when it failed last
     * @param ms how long it had taken then, with its undo
     * @param error the last one
     * @param times how often it has failed
     * @param firstAt when it failed first
     */
    public record Failure(
            String call, Subject about, String step, Instant at, double ms, String error, int times, Instant firstAt) {}
}
