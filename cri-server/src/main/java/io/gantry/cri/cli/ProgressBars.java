package io.gantry.cri.cli;

import io.gantry.image.progress.LayerProgress;
import java.io.PrintWriter;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.LongSupplier;

/** A line for each layer of a pull, drawn over itself: how much has come, how fast, and how long the rest will take. */
final class ProgressBars {
    private static final int BAR = 24;
    private static final double SMOOTHING = 0.3;
    private static final double NANOS = 1e9;

    private static final class Speed {
        long received;
        long nanos;
        double perSecond;
    }

    private final PrintWriter out;
    private final LongSupplier nanoTime;
    private final Map<String, Speed> speeds = new HashMap<>();
    private int drawn;

    ProgressBars(PrintWriter out, LongSupplier nanoTime) {
        this.out = out;
        this.nanoTime = nanoTime;
    }

    synchronized void draw(List<LayerProgress> layers) {
        StringBuilder text = new StringBuilder();
        if (drawn > 0) {
            // Up to the first line, then over the old ones.
            text.append("\033[").append(drawn).append('A');
        }
        for (LayerProgress layer : layers) {
            text.append("\r\033[K").append(line(layer)).append('\n');
        }
        for (int i = layers.size(); i < drawn; i++) {
            text.append("\r\033[K\n");
        }
        drawn = Math.max(drawn, layers.size());
        out.print(text);
        out.flush();
    }

    private String line(LayerProgress layer) {
        String name = Human.id(layer.digest());
        return switch (layer.state()) {
            case WAITING -> String.format(Locale.ROOT, "%s  waiting   %9s", name, Human.bytes(layer.size()));
            case RECEIVED -> String.format(Locale.ROOT, "%s  complete  %9s", name, Human.bytes(layer.size()));
            case PULLING -> {
                double speed = speed(layer);
                long left = layer.size() - layer.received();
                String rest = speed < 1 ? "" : "  " + (long) Math.ceil(left / speed) + "s left";
                yield String.format(
                        Locale.ROOT,
                        "%s  [%s] %9s of %s  %s/s%s",
                        name,
                        bar(layer),
                        Human.bytes(layer.received()),
                        Human.bytes(layer.size()),
                        Human.bytes((long) speed),
                        rest);
            }
        };
    }

    private static String bar(LayerProgress layer) {
        int filled = layer.size() == 0 ? BAR : (int) (layer.received() * BAR / layer.size());
        return "=".repeat(filled) + (filled < BAR ? ">" + " ".repeat(BAR - filled - 1) : "");
    }

    /** Bytes per second, smoothed over the last updates. */
    private double speed(LayerProgress layer) {
        long now = nanoTime.getAsLong();
        Speed speed = speeds.computeIfAbsent(layer.digest(), _ -> {
            Speed fresh = new Speed();
            fresh.nanos = now;
            fresh.received = layer.received();
            return fresh;
        });
        double seconds = (now - speed.nanos) / NANOS;
        if (seconds > 0.05) {
            double current = Math.max(0, layer.received() - speed.received) / seconds;
            speed.perSecond = speed.perSecond == 0 ? current : speed.perSecond * (1 - SMOOTHING) + current * SMOOTHING;
            speed.received = layer.received();
            speed.nanos = now;
        }
        return speed.perSecond;
    }
}
