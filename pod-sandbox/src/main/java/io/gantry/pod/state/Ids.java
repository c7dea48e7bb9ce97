package io.gantry.pod.state;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.function.Supplier;

/** Makes ids of sandboxes and containers: 64 hexadecimal digits, at random. */
public final class Ids implements Supplier<String> {
    /** Digits of an id. */
    public static final int LENGTH = 64;

    private final SecureRandom random = new SecureRandom();

    @Override
    public String get() {
        byte[] bytes = new byte[LENGTH / 2];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** Whether a text could be an id that was made here. */
    public static boolean isId(String text) {
        return text.length() == LENGTH
                && text.chars().allMatch(digit -> digit >= '0' && digit <= '9' || digit >= 'a' && digit <= 'f');
    }

    /** The first twelve digits, for host names and logs. */
    public static String brief(String id) {
        return id.length() <= 12 ? id : id.substring(0, 12);
    }
}
