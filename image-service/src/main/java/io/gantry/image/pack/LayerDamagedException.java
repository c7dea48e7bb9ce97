package io.gantry.image.pack;

import java.io.IOException;
import java.io.Serial;

/** A layer's files are not what they were. That they cannot be read for another reason is no such thing. */
public final class LayerDamagedException extends IOException {
    @Serial
    private static final long serialVersionUID = 1L;

    public LayerDamagedException(String message) {
        super(message);
    }

    LayerDamagedException(String message, Throwable cause) {
        super(message, cause);
    }
}
