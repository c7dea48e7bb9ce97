package io.gantry.image.registry;

import io.gantry.image.reference.Digest;
import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Reads manifests and configs into memory, with their size and digest checked. */
final class SmallContent {
    /** How many progress timeouts a whole small body may take. */
    private static final int TIMEOUTS = 10;

    private SmallContent() {}

    /**
     * The body of a reply; the reply is over afterwards.
     *
     * @param limit most bytes accepted
     * @param digest what the content must hash to, if that is known
     */
    static byte[] read(Endpoint endpoint, HttpReply reply, int limit, @Nullable Digest digest, Duration progressTimeout)
            throws EndpointException, InterruptedException {
        byte[] bytes;
        try {
            bytes = VirtualCall.within(
                    progressTimeout.multipliedBy(TIMEOUTS), "registry-body", () -> reply.readAll(limit));
        } catch (HttpReply.TooLongException e) {
            reply.close();
            throw bad(endpoint, "it sent more than the " + limit + " bytes expected", e);
        } catch (IOException e) {
            reply.close();
            throw NetworkErrors.wrap(endpoint, reply.uri(), progressTimeout, e);
        } catch (InterruptedException e) {
            reply.close();
            throw e;
        }
        if (digest != null) {
            Digest actual = Digest.of(digest.algorithm(), bytes);
            if (!actual.equals(digest)) {
                throw bad(endpoint, "it served wrong content with digest " + actual, null);
            }
        }
        return bytes;
    }

    static EndpointException bad(Endpoint endpoint, String text, @Nullable Throwable cause) {
        return new EndpointException(Failure.of(endpoint, Failure.Cause.BAD_CONTENT, text), cause);
    }
}
