package io.gantry.image.extract;

import java.io.IOException;

/** A tar stream that is damaged, cut off or asks for what no layer may have. */
public final class TarException extends IOException {
    private static final long serialVersionUID = 1L;

    public TarException(String message) {
        super(message);
    }
}
