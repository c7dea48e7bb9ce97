package io.gantry.image.extract;

import java.io.IOException;

/** A layer with more entries than allowed. */
public final class LayerTooLargeException extends IOException {
    private static final long serialVersionUID = 1L;

    LayerTooLargeException(String message) {
        super(message);
    }
}
