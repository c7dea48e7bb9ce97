package io.gantry.image.registry;

import io.gantry.image.reference.ImageReference;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** GET requests with authentication: a challenge is answered once, also in the middle of a pull when a token ran out. */
final class RegistryRequests {
    private final HttpTransport transport;
    private final Authorizer authorizer;

    RegistryRequests(HttpTransport transport) {
        this.transport = transport;
        this.authorizer = new Authorizer(transport);
    }

    /**
     * A reply with a status of success (2xx).
     *
     * @throws EndpointException for everything else
     */
    HttpReply get(
            Endpoint endpoint,
            URI uri,
            ImageReference reference,
            @Nullable RegistryCredentials credentials,
            Map<String, String> headers)
            throws EndpointException, InterruptedException {
        RegistryCredentials allowed = CredentialScope.forEndpoint(credentials, endpoint, reference);
        String authorization = authorizer.remembered(endpoint, reference.repository(), allowed);
        HttpReply reply = transport.send(endpoint, call(uri, headers, authorization));
        if (reply.status() == 401 && !reply.isFromElsewhere()) {
            var challenges = Challenge.parse(reply.headers("WWW-Authenticate"));
            reply.finish();
            authorization = authorizer.answer(endpoint, reference.repository(), allowed, challenges, authorization);
            reply = transport.send(endpoint, call(uri, headers, authorization));
        }
        if (reply.status() / 100 != 2) {
            throw new EndpointException(StatusFailures.of(endpoint, reply));
        }
        String encoding = reply.header("Content-Encoding");
        if (!encoding.isEmpty() && !encoding.equals("identity")) {
            reply.close();
            throw new EndpointException(Failure.of(
                    endpoint, Failure.Cause.BAD_CONTENT, "it encoded the content as " + encoding + " unasked"));
        }
        return reply;
    }

    private static HttpCall call(URI uri, Map<String, String> headers, @Nullable String authorization) {
        Map<String, String> all = new HashMap<>(headers);
        if (authorization != null) {
            all.put("Authorization", authorization);
        }
        return HttpCall.get(uri, all);
    }
}
