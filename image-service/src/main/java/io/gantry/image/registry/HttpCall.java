package io.gantry.image.registry;

import java.net.URI;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request.
 *
 * @param headers for this request only
 * @param form body of a POST, null for GET
 */
record HttpCall(
        URI uri, Map<String, String> headers, @Nullable String form) {
    HttpCall {
        headers = Map.copyOf(headers);
    }

    static HttpCall get(URI uri, Map<String, String> headers) {
        return new HttpCall(uri, headers, null);
    }
}
