package io.gantry.image.registry;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * What a caller may show to a registry, the fields of CRI's {@code AuthConfig}; unset fields are empty. Secrets never
 * appear in {@link #toString()} or in errors.
 *
 * @param username with {@code password}: basic authentication, or the way to a token
 * @param auth base64 of {@code username:password}, used when {@code username} is empty
 * @param serverAddress the registry these are for; empty: the registry of the image's name. Never sent anywhere else
 * @param identityToken an OAuth2 refresh token, exchanged for access tokens
 * @param registryToken an access token, sent as it is
 */
public record RegistryCredentials(
        String username,
        String password,
        String auth,
        String serverAddress,
        String identityToken,
        String registryToken) {
    /**
     * @throws GantryException INVALID_ARGUMENT when {@code auth} is used and is not base64 of {@code username:password}
     */
    public RegistryCredentials {
        if (username.isEmpty() && !auth.isEmpty()) {
            String decoded = decode(auth);
            int colon = decoded.indexOf(':');
            if (colon < 0) {
                throw badAuth("it has no colon between user name and password");
            }
            username = decoded.substring(0, colon);
            password = decoded.substring(colon + 1).replaceAll("\0+$", "");
        }
    }

    /** Credentials of one user of the image's registry. */
    public static RegistryCredentials ofPassword(String username, String password) {
        return new RegistryCredentials(username, password, "", "", "", "");
    }

    /** Whether there is nothing in here to show. */
    public boolean isEmpty() {
        return username.isEmpty() && password.isEmpty() && identityToken.isEmpty() && registryToken.isEmpty();
    }

    private static String decode(String auth) {
        try {
            return new String(Base64.getDecoder().decode(auth.strip()), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            throw badAuth("it is not base64");
        }
    }

    private static GantryException badAuth(String problem) {
        return GantryException.of(ErrorKind.INVALID_ARGUMENT, "read registry credentials, field auth", problem)
                .withRemedy("give the base64 of username:password, or username and password apart");
    }

    @Override
    public String toString() {
        return "RegistryCredentials[username=" + username + ", serverAddress=" + serverAddress + "]";
    }
}
