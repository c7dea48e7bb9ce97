package io.gantry.pod.activity;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The last calls that failed; the oldest go first. */
final class Failures {
    /** How many are kept. */
    static final int LIMIT = 100;

    /** What programs say may be long. */
    static final int MAX_ERROR_CHARS = 2000;

    private record Key(Verb verb, String namespace, String pod, String container) {}

    private final Map<Key, ActivityReport.Failure> last = new LinkedHashMap<>();

    synchronized void add(Activity activity, Throwable problem, Instant at) {
        Subject about = activity.moment().subject();
        Key key = new Key(activity.verb(), about.namespace(), about.pod(), about.container());
        ActivityReport.Failure before = last.remove(key);
        last.put(
                key,
                new ActivityReport.Failure(
                        activity.verb().rpc(),
                        about,
                        activity.failedStep(),
                        at,
                        Math.round(activity.tookNanos() / 1e3) / 1e3,
                        error(problem),
                        before == null ? 1 : before.times() + 1,
                        before == null ? at : before.firstAt()));
        if (last.size() > LIMIT) {
            last.remove(last.keySet().iterator().next());
        }
    }

    private static String error(Throwable problem) {
        if (problem instanceof InterruptedException) {
            return "its caller gave up, or the daemon stopped";
        }
        String message = problem.getMessage();
        String text = message == null ? problem.toString() : message;
        return text.length() <= MAX_ERROR_CHARS ? text : text.substring(0, MAX_ERROR_CHARS) + " …";
    }

    synchronized List<ActivityReport.Failure> all() {
        return List.copyOf(last.values());
    }
}
