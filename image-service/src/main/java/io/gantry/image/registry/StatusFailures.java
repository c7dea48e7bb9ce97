package io.gantry.image.registry;

import io.gantry.image.reference.Printable;
import java.time.Instant;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What a reply other than success means, with the registry's own words where it has some. */
final class StatusFailures {
    private static final int MAX_BODY = 8 << 10;
    private static final int MAX_WORDS = 200;
    private static final JsonMapper MAPPER = new JsonMapper();

    private StatusFailures() {}

    /** Reads the error out of a reply and ends the reply. */
    static Failure of(Endpoint endpoint, HttpReply reply) {
        String words = words(reply.excerpt(MAX_BODY));
        reply.finish();
        String from = reply.isFromElsewhere() ? "sent on to " + reply.uri().getRawAuthority() + ": " : "";
        String text = from + meaning(reply.status()) + " (HTTP " + reply.status() + words + ")";
        return Failure.of(endpoint, cause(reply), text).retryAfter(reply.retryAfter(Instant.now()));
    }

    private static Failure.Cause cause(HttpReply reply) {
        int status = reply.status();
        if (reply.isFromElsewhere() && status >= 400 && status < 500 && status != 429) {
            // A signed URL may have run out: asking the registry again gives a new one.
            return Failure.Cause.SERVER_ERROR;
        }
        return switch (status) {
            case 401 -> Failure.Cause.UNAUTHENTICATED;
            case 403 -> Failure.Cause.FORBIDDEN;
            case 404, 410 -> Failure.Cause.NOT_FOUND;
            case 408, 425, 429 -> Failure.Cause.THROTTLED;
            default -> status >= 500 ? Failure.Cause.SERVER_ERROR : Failure.Cause.REFUSED;
        };
    }

    private static String meaning(int status) {
        return switch (status) {
            case 401 -> "authentication failed";
            case 403 -> "access denied";
            case 404, 410 -> "not found";
            case 407 -> "the proxy wants authentication";
            case 408 -> "the request took too long";
            case 425, 429 -> "too many requests";
            case 501 -> "not supported";
            default -> status >= 500 ? "the server has an error" : "unexpected answer";
        };
    }

    /** The first error of the distribution API's error body: {@code {"errors": [{"code": …, "message": …}]}}. */
    private static String words(String body) {
        try {
            JsonNode error = MAPPER.readTree(body).path("errors").path(0);
            String code = error.path("code").asString("");
            String message = error.path("message").asString("");
            String words = code + (message.isEmpty() ? "" : ": " + message);
            if (!words.isEmpty()) {
                String shown = Printable.of(words);
                return ", " + (shown.length() > MAX_WORDS ? shown.substring(0, MAX_WORDS) + "…" : shown);
            }
        } catch (JacksonException _) {
            // Many servers and proxies answer with a page for people; the status says enough.
        }
        return "";
    }
}
