package io.gantry.cri.nri;

import com.google.protobuf.ProtocolMessageEnum;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.util.Optional;

/** Names of fields and values in NRI's messages. */
final class Names {
    private static final String REMOVAL = "-";

    private Names() {}

    /** The name of a value. @throws GantryException for a number that has none here */
    static String of(ProtocolMessageEnum value) {
        Enum<?> named = (Enum<?>) value;
        if (named.name().equals("UNRECOGNIZED")) {
            throw GantryException.of(
                    ErrorKind.INVALID_ARGUMENT,
                    "adjust container",
                    "there is no such " + named.getDeclaringClass().getSimpleName());
        }
        return named.name();
    }

    /** What a key with a leading dash asks to remove; empty for one without. */
    static Optional<String> removal(String key) {
        return key.startsWith(REMOVAL) ? Optional.of(key.substring(REMOVAL.length())) : Optional.empty();
    }

    /** The key without the mark of a removal. */
    static String plain(String key) {
        return removal(key).orElse(key);
    }
}
