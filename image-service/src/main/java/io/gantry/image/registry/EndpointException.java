package io.gantry.image.registry;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One endpoint failed; another one may not. Never leaves the package. */
final class EndpointException extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Failure failure;

    EndpointException(Failure failure) {
        this(failure, null);
    }

    EndpointException(Failure failure, @Nullable Throwable cause) {
        super(failure.where() + ": " + failure.text(), cause);
        this.failure = failure;
    }

    Failure failure() {
        return failure;
    }
}
