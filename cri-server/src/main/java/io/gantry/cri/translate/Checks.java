package io.gantry.cri.translate;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Checks of one request, which name the field at fault as it stands in api.proto.
 *
 * @param action what the request is for: {@code "run pod sandbox default/web"}
 */
record Checks(String action) {
    /** Longest time that a caller can ask for: beyond a year there is no difference. */
    private static final long MAX_SECONDS = Duration.ofDays(365).toSeconds();

    /** PATH_MAX without its NUL (limits.h). */
    private static final int PATH_LIMIT = 4095;

    /** A refusal: {@code config.hostname is longer than 64 characters}. */
    GantryException refuse(String field, String problem) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, action, field + " " + problem);
    }

    void require(boolean holds, String field, String problem) {
        if (!holds) {
            throw refuse(field, problem);
        }
    }

    String notEmpty(String value, String field) {
        require(!value.isEmpty(), field, "is empty");
        return noZero(value, field);
    }

    /** Texts that reach the kernel end at the first zero byte. */
    String noZero(String value, String field) {
        require(value.indexOf('\0') < 0, field, "contains a zero byte");
        return value;
    }

    /** A name that network plugins are told in {@code CNI_ARGS}, where ';' and '=' separate. */
    String pluginName(String value, String field) {
        notEmpty(value, field);
        require(
                value.chars().noneMatch(c -> c < ' ' || c == ';' || c == '='),
                field,
                "holds ';', '=' or a control character, which network plugins cannot be told");
        return value;
    }

    String absolutePath(String value, String field) {
        notEmpty(value, field);
        require(value.length() <= PATH_LIMIT, field, "is longer than " + PATH_LIMIT + " characters");
        require(value.startsWith("/"), field, "is not an absolute path: \"" + value + "\"");
        return noParent(value, field);
    }

    String absolutePathOrEmpty(String value, String field) {
        return value.isEmpty() ? value : absolutePath(value, field);
    }

    /** A path that stays below where it begins. */
    String relativePathOrEmpty(String value, String field) {
        require(!value.startsWith("/"), field, "is not a relative path: \"" + value + "\"");
        noZero(value, field);
        return noParent(value, field);
    }

    String noParent(String value, String field) {
        for (String part : value.split("/", -1)) {
            require(!part.equals(".."), field, "contains \"..\": \"" + value + "\"");
        }
        return value;
    }

    List<String> absolutePaths(List<String> values, String field) {
        for (int i = 0; i < values.size(); i++) {
            absolutePath(values.get(i), field + "[" + i + "]");
        }
        return values;
    }

    long inRange(long value, long min, long max, String field) {
        require(value >= min && value <= max, field, "is not from " + min + " to " + max + ": " + value);
        return value;
    }

    /** A user or group id; the largest number stands for "none" in the kernel's calls. */
    long id(long value, String field) {
        return inRange(value, 0, 0xFFFF_FFFEL, field);
    }

    Duration seconds(long value, String field) {
        require(value >= 0, field, "is negative: " + value);
        return Duration.ofSeconds(Math.min(value, MAX_SECONDS));
    }

    /** Nanoseconds since the epoch, 0 for none: CRI's form of a time. */
    static long nanos(@Nullable Instant time) {
        return time == null
                ? 0
                : Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
    }
}
