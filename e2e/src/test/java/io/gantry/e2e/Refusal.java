package io.gantry.e2e;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a CRI call was refused with.
 *
 * @param code name of the gRPC status, {@code NotFound} for instance
 * @param text the daemon's own words, with this run's paths, ids and addresses replaced by names
 */
record Refusal(String code, String text) {
    private static final Pattern STATUS = Pattern.compile("rpc error: code = (\\w+) desc = (.*)", Pattern.DOTALL);

    /** Reads crictl's error output, which is a log line with the status quoted in it, or the status on its own. */
    static Refusal parse(String output, Replacements replacements) {
        // klog may have said it before in a line of its own, with more behind it.
        String last = output.substring(Math.max(0, output.lastIndexOf("rpc error: code")));
        Matcher matcher = STATUS.matcher(last.strip().replaceFirst("\"\\s*$", ""));
        if (!matcher.find()) {
            throw new AssertionError("read crictl's error: no gRPC status in it: " + output);
        }
        String text = matcher.group(2)
                .replace("\\\\", "\\")
                .replace("\\\"", "\"")
                .replace("\\n", "\n")
                .strip();
        return new Refusal(matcher.group(1), replacements.apply(text));
    }
}
