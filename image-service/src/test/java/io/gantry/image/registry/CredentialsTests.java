package io.gantry.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.image.reference.ImageReference;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CredentialsTests {
    private static Endpoint endpoint(String url, boolean upstream) {
        return new Endpoint(URI.create(url), null, Endpoint.ALL, TlsSettings.SYSTEM, Map.of(), null, upstream, null);
    }

    @ParameterizedTest
    @CsvSource({
        "'', https://registry-1.docker.io/v2, true, true",
        "'', https://mirror.test/v2, false, false",
        "https://index.docker.io/v1/, https://registry-1.docker.io/v2, true, true",
        "docker.io, https://internal.test/v2, true, true",
        "docker.io, https://mirror.test/v2, false, false",
        "https://mirror.test/, https://mirror.test/v2, false, true",
        "mirror.test:443, https://mirror.test/v2, false, true",
        "mirror.test, https://mirror.test:5000/v2, false, false",
        "other.test, https://registry-1.docker.io/v2, true, false",
        "mirror.test, https://registry-1.docker.io/v2, true, false",
    })
    void credentialsGoOnlyWhereTheyBelong(String serverAddress, String url, boolean upstream, boolean allowed) {
        RegistryCredentials credentials = new RegistryCredentials("u", "p", "", serverAddress, "", "");
        assertThat(CredentialScope.forEndpoint(credentials, endpoint(url, upstream), ImageReference.parse("busybox"))
                        != null)
                .isEqualTo(allowed);
    }

    @Test
    void authIsUserAndPassword() {
        RegistryCredentials credentials = new RegistryCredentials("", "", "dTpwOnE=", "", "", "");
        assertThat(credentials.username()).isEqualTo("u");
        assertThat(credentials.password()).isEqualTo("p:q");
        assertThat(credentials.toString()).doesNotContain("p:q", "dTpwOnE");
    }

    @ParameterizedTest
    @ValueSource(strings = {"!!!", "dQ=="})
    void badAuthIsRefusedWithoutShowingIt(String auth) {
        GantryException error =
                catchThrowableOfType(GantryException.class, () -> new RegistryCredentials("", "", auth, "", "", ""));
        assertThat(error.kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
        assertThat(error.getMessage()).contains("field auth").doesNotContain(auth);
    }
}
