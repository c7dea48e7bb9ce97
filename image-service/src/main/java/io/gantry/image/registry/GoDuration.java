package io.gantry.image.registry;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Duration;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Durations as Go programs write them: {@code 30s}, {@code 1m30s}, {@code 1.5h}, {@code 200ms}. */
final class GoDuration {
    private static final Pattern PART = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,12})?)(ns|us|µs|ms|s|m|h)");

    private GoDuration() {}

    /** Empty when the text is no duration above zero. */
    static Optional<Duration> parse(String text) {
        Matcher matcher = PART.matcher(text);
        BigDecimal nanos = BigDecimal.ZERO;
        int end = 0;
        while (end < text.length()) {
            if (!matcher.find(end) || matcher.start() != end) {
                return Optional.empty();
            }
            nanos = nanos.add(new BigDecimal(matcher.group(1)).multiply(nanosPer(matcher.group(2))));
            end = matcher.end();
        }
        if (nanos.signum() <= 0 || nanos.compareTo(BigDecimal.valueOf(Long.MAX_VALUE)) > 0) {
            return Optional.empty();
        }
        return Optional.of(Duration.ofNanos(nanos.setScale(0, RoundingMode.UP).longValueExact()));
    }

    private static BigDecimal nanosPer(String unit) {
        return BigDecimal.valueOf(
                switch (unit) {
                    case "ns" -> 1L;
                    case "us", "µs" -> 1_000L;
                    case "ms" -> 1_000_000L;
                    case "s" -> 1_000_000_000L;
                    case "m" -> 60_000_000_000L;
                    default -> 3_600_000_000_000L;
                });
    }
}
