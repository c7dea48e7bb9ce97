package io.gantry.pod.stats;

import org.jspecify.annotations.Nullable;

/**
 * Pressure stall information of one resource.
 *
 * @param some while at least one task waited for it
 * @param full while all tasks waited for it
 * @see <a href="https://docs.kernel.org/accounting/psi.html">PSI</a>
 */
public record Pressure(Line some, Line full) {
    private static final Line NONE = new Line(0, 0, 0, 0);

    /**
     * One line of a pressure file.
     *
     * @param totalMicros microseconds since the cgroup was made
     * @param avg10 per cent of the last 10 seconds
     */
    public record Line(long totalMicros, double avg10, double avg60, double avg300) {}

    /** Reads {@code some avg10=0.00 avg60=0.00 avg300=0.00 total=0} and the line {@code full}; null for another text. */
    static @Nullable Pressure parse(@Nullable String text) {
        if (text == null) {
            return null;
        }
        Line some = null;
        Line full = NONE; // kernels before 5.13 have none for the CPU
        for (String line : text.split("\n", -1)) {
            if (line.startsWith("some ")) {
                some = line(line);
            } else if (line.startsWith("full ")) {
                full = line(line);
            }
        }
        return some == null ? null : new Pressure(some, full);
    }

    private static Line line(String text) {
        long total = 0;
        double avg10 = 0;
        double avg60 = 0;
        double avg300 = 0;
        for (String field : text.split(" ", -1)) {
            int equals = field.indexOf('=');
            if (equals < 0) {
                continue;
            }
            String value = field.substring(equals + 1);
            switch (field.substring(0, equals)) {
                case "total" -> total = Long.parseLong(value);
                case "avg10" -> avg10 = Double.parseDouble(value);
                case "avg60" -> avg60 = Double.parseDouble(value);
                case "avg300" -> avg300 = Double.parseDouble(value);
                default -> {
                    continue;
                }
            }
        }
        return new Line(total, avg10, avg60, avg300);
    }
}
