package io.gantry.image.registry;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Fetches bearer tokens: a GET, with basic authentication where there is a user, or an OAuth2 POST where there is an
 * identity token.
 *
 * @see <a href="https://distribution.github.io/distribution/spec/auth/token/">token authentication</a>
 * @see <a href="https://distribution.github.io/distribution/spec/auth/oauth/">OAuth2 token authentication</a>
 */
final class TokenRequest {
    private static final int MAX_REPLY = 1 << 20;
    private static final Duration DEFAULT_LIFE = Duration.ofSeconds(60);
    private static final Duration LONGEST_LIFE = Duration.ofHours(24);
    private static final Duration READ_LIMIT = Duration.ofSeconds(60);
    private static final String CLIENT_ID = "gantry";
    /** User name that says that the password is an identity token. */
    private static final String TOKEN_USER = "<token>";

    private static final JsonMapper MAPPER = new JsonMapper();

    private final HttpTransport transport;

    TokenRequest(HttpTransport transport) {
        this.transport = transport;
    }

    Authorizer.Grant fetch(
            Endpoint endpoint, String repository, @Nullable RegistryCredentials credentials, Challenge challenge)
            throws EndpointException, InterruptedException {
        URI realm = realm(endpoint, challenge);
        Map<String, String> parameters = new LinkedHashMap<>();
        if (!challenge.parameter("service").isEmpty()) {
            parameters.put("service", challenge.parameter("service"));
        }
        String scope = challenge.parameter("scope");
        parameters.put("scope", scope.isEmpty() ? "repository:" + repository + ":pull" : scope);
        String identityToken = identityToken(credentials);
        HttpCall call =
                identityToken.isEmpty() ? get(realm, parameters, credentials) : post(realm, parameters, identityToken);
        HttpReply reply = transport.send(endpoint, call);
        if (reply.status() != 200) {
            throw refused(endpoint, realm, reply, credentials);
        }
        try {
            return grant(
                    endpoint, realm, VirtualCall.within(READ_LIMIT, "registry-token", () -> reply.readAll(MAX_REPLY)));
        } catch (EndpointException e) {
            throw e;
        } catch (IOException e) {
            reply.close();
            throw NetworkErrors.wrap(endpoint, realm, READ_LIMIT, e);
        }
    }

    private static HttpCall get(URI realm, Map<String, String> parameters, @Nullable RegistryCredentials credentials) {
        String query = encode(parameters);
        String glue = realm.getRawQuery() == null ? "?" : "&";
        Map<String, String> headers =
                credentials == null || credentials.username().isEmpty()
                        ? Map.of()
                        : Map.of("Authorization", Authorizer.basic(credentials));
        return HttpCall.get(URI.create(realm + glue + query), headers);
    }

    private static HttpCall post(URI realm, Map<String, String> parameters, String identityToken) {
        Map<String, String> form = new LinkedHashMap<>(parameters);
        form.put("grant_type", "refresh_token");
        form.put("client_id", CLIENT_ID);
        form.put("refresh_token", identityToken);
        return new HttpCall(realm, Map.of(), encode(form));
    }

    private static String identityToken(@Nullable RegistryCredentials credentials) {
        if (credentials == null) {
            return "";
        }
        return credentials.username().equals(TOKEN_USER) ? credentials.password() : credentials.identityToken();
    }

    private static URI realm(Endpoint endpoint, Challenge challenge) throws EndpointException {
        String text = challenge.parameter("realm");
        try {
            URI realm = new URI(text);
            boolean plain = "http".equals(realm.getScheme());
            if (plain && "https".equals(endpoint.base().getScheme())) {
                throw new EndpointException(Failure.of(
                        endpoint,
                        Failure.Cause.REFUSED,
                        "its token server uses plain HTTP, where credentials could be read by anybody"));
            }
            boolean http = plain || "https".equals(realm.getScheme());
            if (http && realm.getHost() != null && realm.getRawUserInfo() == null && realm.getRawFragment() == null) {
                return realm;
            }
        } catch (URISyntaxException _) {
            // Said below.
        }
        throw new EndpointException(Failure.of(
                endpoint, Failure.Cause.REFUSED, "its challenge names no token server that is an http or https URL"));
    }

    private static EndpointException refused(
            Endpoint endpoint, URI realm, HttpReply reply, @Nullable RegistryCredentials credentials) {
        Failure failure = StatusFailures.of(endpoint, reply);
        String who = "token server " + realm.getRawAuthority() + ": ";
        boolean denied =
                reply.status() == 400 || reply.status() == 401 || reply.status() == 403 || reply.status() == 404;
        String why = credentials == null ? "no token without credentials, " : "the credentials were refused, ";
        return new EndpointException(new Failure(
                failure.endpoint(),
                failure.where(),
                denied ? Failure.Cause.UNAUTHENTICATED : failure.cause(),
                who + (denied ? why : "") + failure.text(),
                failure.retryAfter()));
    }

    private static Authorizer.Grant grant(Endpoint endpoint, URI realm, byte[] json) throws EndpointException {
        String token = "";
        long seconds = 0;
        try {
            JsonNode node = MAPPER.readTree(json);
            token = node.path("token").asString("");
            if (token.isEmpty()) {
                token = node.path("access_token").asString("");
            }
            seconds = node.path("expires_in").asLong(0);
        } catch (JacksonException _) {
            // Said below: there is no token in it.
        }
        if (token.isEmpty() || token.chars().anyMatch(Character::isISOControl)) {
            throw new EndpointException(Failure.of(
                    endpoint,
                    Failure.Cause.UNAUTHENTICATED,
                    "token server " + realm.getRawAuthority() + " answered without a token"));
        }
        long life = Math.clamp(seconds <= 0 ? DEFAULT_LIFE.toSeconds() : seconds, 1, LONGEST_LIFE.toSeconds());
        // A tenth earlier than told, so that a token does not expire on its way.
        return new Authorizer.Grant("Bearer " + token, System.nanoTime() + life * 900_000_000L);
    }

    private static String encode(Map<String, String> parameters) {
        return parameters.entrySet().stream()
                .map(p -> p.getKey() + "=" + URLEncoder.encode(p.getValue(), StandardCharsets.UTF_8))
                .collect(Collectors.joining("&"));
    }
}
