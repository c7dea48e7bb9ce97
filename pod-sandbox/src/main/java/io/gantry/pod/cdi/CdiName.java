package io.gantry.pod.cdi;

import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A fully qualified device name, {@code vendor.com/class=device} (CDI specification, "CDI Spec Definition").
 *
 * @param kind vendor and class, {@code vendor.com/class}
 */
public record CdiName(String kind, String device) {
    private static final Pattern KIND =
            Pattern.compile("[A-Za-z]([A-Za-z0-9_.-]*[A-Za-z0-9])?/[A-Za-z]([A-Za-z0-9_-]*[A-Za-z0-9])?");
    private static final Pattern DEVICE = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9_.:-]*[A-Za-z0-9])?");

    /** Empty when the text is not a qualified name. */
    public static Optional<CdiName> parse(String text) {
        int equals = text.indexOf('=');
        if (equals < 0) {
            return Optional.empty();
        }
        String kind = text.substring(0, equals);
        String device = text.substring(equals + 1);
        return isKind(kind) && isDevice(device) ? Optional.of(new CdiName(kind, device)) : Optional.empty();
    }

    static boolean isKind(String text) {
        return KIND.matcher(text).matches();
    }

    static boolean isDevice(String text) {
        return DEVICE.matcher(text).matches();
    }

    @Override
    public String toString() {
        return kind + "=" + device;
    }
}
