package io.gantry.pod.state;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.function.Supplier;

/** Makes ids of sandboxes and containers: 64 hexadecimal digits, at random. */
public final class Ids implements Supplier<String> {
    private final SecureRandom random = new SecureRandom();

    @Override
    public String get() {
        byte[] bytes = new byte[32];
        random.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    /** The first twelve digits, for host names and logs. */
    public static String brief(String id) {
        return id.length() <= 12 ? id : id.substring(0, 12);
    }
}
