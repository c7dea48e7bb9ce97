package io.gantry.cri.cli;

import io.gantry.pod.activity.ActivityReport;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Prints an explanation for people. */
final class ExplanationText {
    private final PrintWriter out;

    ExplanationText(PrintWriter out) {
        this.out = out;
    }

    void print(Explanation explained) {
        print(explained, "");
    }

    private void print(Explanation explained, String indent) {
        String name = explained.kind().equals("pod")
                ? explained.namespace() + "/" + explained.pod()
                : indent.isEmpty()
                        ? explained.namespace() + "/" + explained.pod() + "/" + explained.container()
                        : explained.container();
        out.println((indent + explained.kind() + " " + name + "  " + explained.id()).stripTrailing());
        String inner = indent + "  ";
        line(
                inner,
                "state",
                explained.state() + ", since " + time(explained.since()) + " ("
                        + Human.duration(between(explained.since(), explained.now())) + ")");
        printNow(explained, inner);
        printSteps(explained, inner);
        for (ActivityReport.Failure failure : explained.failures()) {
            line(inner, "failed", describe(failure, explained.now()));
        }
        explained.containers().forEach(container -> print(container, inner));
    }

    private void printNow(Explanation explained, String indent) {
        Instant now = explained.now();
        if (explained.activity().isEmpty()) {
            line(indent, "now", "no call is under way");
        }
        for (ActivityReport.Call call : explained.activity()) {
            String step = call.step().isEmpty()
                    ? ""
                    : ", in step " + call.step() + " for " + Human.duration(between(call.stepSince(), now));
            line(indent, "now", call.call() + " for " + Human.duration(between(call.since(), now)) + step);
            for (ActivityReport.Wait wait : call.waitsFor()) {
                Instant deadline = wait.deadline();
                line(
                        indent,
                        "",
                        "waits for " + wait.what() + ", for " + Human.duration(between(wait.since(), now))
                                + (deadline == null ? "" : "; deadline in " + Human.duration(between(now, deadline))));
            }
            if (!call.steps().isEmpty()) {
                line(indent, "", "steps so far: " + steps(call.steps()));
            }
        }
    }

    private void printSteps(Explanation explained, String indent) {
        for (ActivityReport.Start start : explained.steps()) {
            line(
                    indent,
                    "start",
                    start.call() + " took " + millis(start.ms()) + " ms at " + time(start.at()) + ": "
                            + steps(start.steps()));
        }
        if (!explained.stepsUnknown().isEmpty()) {
            line(indent, "start", explained.stepsUnknown());
        }
    }

    private static String describe(ActivityReport.Failure failure, Instant now) {
        return failure.call()
                + (failure.step().isEmpty() ? "" : " in step " + failure.step())
                + (failure.times() == 1 ? "" : ", " + failure.times() + " times since " + time(failure.firstAt()))
                + ", " + (failure.times() == 1 ? "" : "last ")
                + Human.duration(between(failure.at(), now)) + " ago after " + millis(failure.ms()) + " ms: "
                + failure.error();
    }

    private static String steps(List<ActivityReport.Step> steps) {
        return steps.stream().map(step -> step.step() + " " + millis(step.ms())).collect(Collectors.joining(", "));
    }

    private static String millis(double ms) {
        return String.format(Locale.ROOT, "%.1f", ms);
    }

    private void line(String indent, String label, String text) {
        out.printf("%s%-7s %s%n", indent, label, text);
    }

    private static String time(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static Duration between(Instant from, Instant to) {
        Duration between = Duration.between(from, to);
        return between.isNegative() ? Duration.ZERO : between;
    }
}
