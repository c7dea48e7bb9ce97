package io.gantry.pod.cdi;

import java.io.Serial;

/** A specification file that cannot be used; the message says where in it and why. */
final class InvalidSpecException extends Exception {
    @Serial
    private static final long serialVersionUID = 1L;

    InvalidSpecException(String message) {
        super(message);
    }
}
