package io.gantry.image.registry;

import static io.gantry.image.registry.RegistryFixture.BLOB;
import static io.gantry.image.registry.RegistryFixture.IMAGE;
import static io.gantry.image.registry.RegistryFixture.LAYER;
import static io.gantry.image.registry.RegistryFixture.MANIFEST;
import static io.gantry.image.registry.RegistryFixture.readAll;
import static io.gantry.image.registry.RegistryFixture.sendBlob;
import static io.gantry.image.registry.RegistryFixture.sendManifest;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AuthenticationTests {
    @TempDir
    Path directory;

    private RegistryFixture fixture;
    private FaultyServer tokens;
    private FaultyServer registry;
    private final AtomicInteger issued = new AtomicInteger();
    /** The token that is good at present; older ones are refused. */
    private volatile String good = "token-1";

    @BeforeEach
    void prepare() throws IOException {
        fixture = new RegistryFixture(directory);
        tokens = FaultyServer.plain((_, out) -> {
            String token = "token-" + issued.incrementAndGet();
            good = token;
            json(out, "{\"access_token\":\"" + token + "\",\"expires_in\":300,\"other\":{}}");
        });
        registry = FaultyServer.plain((request, out) -> {
            if (!request.header("Authorization").equals("Bearer " + good)) {
                challenge(out);
            } else if (request.path().contains("/manifests/")) {
                sendManifest(out);
            } else {
                sendBlob(request, out);
            }
        });
        fixture.servers(registry);
    }

    @AfterEach
    void stop() throws IOException {
        registry.close();
        tokens.close();
    }

    private void challenge(FaultyServer.Out out) throws IOException {
        out.send(
                401,
                Map.of(
                        "WWW-Authenticate",
                        "Basic realm=\"old\"",
                        "WWW-Authenticate#2",
                        "Bearer service=\"reg, x\", scope=\"repository:team/app:pull\",realm=\"" + tokens.url()
                                + "/token?account=a\""),
                "{\"errors\":[{\"code\":\"UNAUTHORIZED\"}]}".getBytes(StandardCharsets.UTF_8));
    }

    private static void json(FaultyServer.Out out, String text) throws IOException {
        out.send(200, Map.of("Content-Type", "application/json"), text.getBytes(StandardCharsets.UTF_8));
    }

    private byte[] resolve(@Nullable RegistryCredentials credentials) throws InterruptedException {
        return fixture.client().resolve(IMAGE, credentials).bytes();
    }

    private GantryException failure(@Nullable RegistryCredentials credentials) {
        return catchThrowableOfType(GantryException.class, () -> resolve(credentials));
    }

    @Test
    void anonymousTokens() throws Exception {
        assertThat(resolve(null)).isEqualTo(MANIFEST);
        FaultyServer.Request request = tokens.requests().getFirst();
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.path()).isEqualTo("/token?account=a&service=reg%2C+x&scope=repository%3Ateam%2Fapp%3Apull");
        assertThat(request.header("Authorization")).isEmpty();
    }

    @Test
    void passwordsBuyTokensAndGoNowhereElse() throws Exception {
        assertThat(resolve(RegistryCredentials.ofPassword("u", "p"))).isEqualTo(MANIFEST);
        assertThat(tokens.requests().getFirst().header("Authorization")).isEqualTo("Basic dTpw");
        assertThat(registry.requests())
                .extracting(request -> request.header("Authorization"))
                .containsExactly("", "Bearer token-1");
    }

    @Test
    void identityTokensArePosted() throws Exception {
        for (RegistryCredentials credentials : List.of(
                new RegistryCredentials("", "", "", "", "refresh/me", ""),
                RegistryCredentials.ofPassword("<token>", "refresh/me"))) {
            assertThat(resolve(credentials)).isEqualTo(MANIFEST);
            FaultyServer.Request request = tokens.requests().getLast();
            assertThat(request.method()).isEqualTo("POST");
            assertThat(request.header("Authorization")).isEmpty();
            assertThat(request.body())
                    .contains(
                            "grant_type=refresh_token",
                            "refresh_token=refresh%2Fme",
                            "client_id=gantry",
                            "scope=repository%3Ateam%2Fapp%3Apull",
                            "service=reg%2C+x");
        }
    }

    @Test
    void registryTokensAreSentAsTheyAre() throws Exception {
        good = "given";
        assertThat(resolve(new RegistryCredentials("", "", "", "", "", "given")))
                .isEqualTo(MANIFEST);
        assertThat(tokens.requests()).isEmpty();
        GantryException error = failure(new RegistryCredentials("", "", "", "", "", "stale"));
        assertThat(error.kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
        assertThat(error.getMessage()).contains("the credentials were refused").doesNotContain("stale");
    }

    @Test
    void aTokenServesForTheWholePullAndIsRenewedInTheMiddle() throws Exception {
        RegistryClient client = fixture.client();
        client.resolve(IMAGE, null);
        assertThat(readAll(client.openBlob(IMAGE, LAYER, 0, null))).isEqualTo(BLOB);
        assertThat(issued).hasValue(1);
        good = "nothing that was issued";
        assertThat(readAll(client.openBlob(IMAGE, LAYER, 0, null))).isEqualTo(BLOB);
        assertThat(issued).hasValue(2);
    }

    @Test
    void aTokenThatRunsOutInTheMiddleOfALayerIsRenewed() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        try (FaultyServer server = FaultyServer.plain((request, out) -> {
            if (!request.header("Authorization").equals("Bearer " + good)) {
                challenge(out);
            } else if (calls.incrementAndGet() == 1) {
                good = "expired";
                sendBlob(request, out, 300_000);
            } else {
                sendBlob(request, out);
            }
        })) {
            fixture.servers(server);
            BlobStream stream = fixture.client().openBlob(IMAGE, LAYER, 0, null);
            assertThat(readAll(stream)).isEqualTo(BLOB);
            assertThat(issued).hasValue(2);
            assertThat(server.requests().getLast().header("Range")).isEqualTo("bytes=300000-");
        }
    }

    @Test
    void layersThatAreChallengedTogetherFetchOneToken() throws Exception {
        RegistryClient client = fixture.client();
        try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Callable<byte[]>> work = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                work.add(() -> readAll(client.openBlob(IMAGE, LAYER, 0, null)));
            }
            for (Future<byte[]> result : executor.invokeAll(work)) {
                assertThat(result.get()).isEqualTo(BLOB);
            }
        }
        assertThat(issued).hasValue(1);
    }

    @Test
    void otherCredentialsNeverShareAToken() throws Exception {
        RegistryClient client = fixture.client();
        client.resolve(IMAGE, RegistryCredentials.ofPassword("u", "p"));
        client.resolve(IMAGE, RegistryCredentials.ofPassword("v", "p"));
        client.resolve(IMAGE, null);
        assertThat(issued).hasValue(3);
    }

    @Test
    void refusedCredentialsSayWhoRefused() throws Exception {
        try (FaultyServer strict = FaultyServer.plain((_, out) -> out.send(403, Map.of(), new byte[0]))) {
            try (FaultyServer server = FaultyServer.plain((_, out) ->
                    out.send(401, Map.of("WWW-Authenticate", "Bearer realm=\"" + strict.url() + "\""), new byte[0]))) {
                fixture.servers(server);
                GantryException error = failure(RegistryCredentials.ofPassword("user", "hunter2"));
                assertThat(error.kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
                assertThat(error.getMessage())
                        .contains("token server " + strict.authority() + ": the credentials were refused")
                        .contains("check the name of the image and the credentials for registry.test")
                        .doesNotContain("hunter2");
                assertThat(failure(null)).hasMessageContaining("no token without credentials");
            }
        }
    }

    @Test
    void basicAuthentication() throws Exception {
        try (FaultyServer server = FaultyServer.plain((request, out) -> {
            if (request.header("Authorization").equals("Basic dTpw")) {
                sendManifest(out);
            } else {
                out.send(401, Map.of("WWW-Authenticate", "Basic realm=\"r\""), new byte[0]);
            }
        })) {
            fixture.servers(server);
            assertThat(resolve(RegistryCredentials.ofPassword("u", "p"))).isEqualTo(MANIFEST);
            assertThat(failure(null)).hasMessageContaining("it asks for a user name and password");
            GantryException wrong = failure(RegistryCredentials.ofPassword("u", "wrong"));
            assertThat(wrong.kind()).isEqualTo(ErrorKind.UNAUTHENTICATED);
            assertThat(wrong).hasMessageContaining("authentication failed (HTTP 401)");
        }
    }

    @Test
    void aMirrorNeverSeesTheRegistrysPassword() throws Exception {
        try (FaultyServer mirror = FaultyServer.plain(
                (_, out) -> out.send(401, Map.of("WWW-Authenticate", "Basic realm=\"phish\""), new byte[0]))) {
            fixture.servers(mirror, registry);
            assertThat(resolve(RegistryCredentials.ofPassword("u", "p"))).isEqualTo(MANIFEST);
            assertThat(mirror.requests()).hasSize(1);
            assertThat(mirror.requests().getFirst().header("Authorization")).isEmpty();
        }
    }

    @Test
    void tokenServersThatMakeNoSenseAreRefused() throws Exception {
        for (String realm : List.of("ftp://x/", "not a url", "http://u:p@x/", "")) {
            try (FaultyServer server = FaultyServer.plain((_, out) ->
                    out.send(401, Map.of("WWW-Authenticate", "Bearer realm=\"" + realm + "\""), new byte[0]))) {
                fixture.servers(server);
                assertThat(failure(null)).hasMessageContaining("names no token server");
            }
        }
        for (String answer : List.of("", "[]", "{}", "{\"token\":\"a\\nb\"}", "<html>")) {
            try (FaultyServer strange = FaultyServer.plain((_, out) -> json(out, answer));
                    FaultyServer server = FaultyServer.plain((_, out) -> out.send(
                            401, Map.of("WWW-Authenticate", "Bearer realm=\"" + strange.url() + "\""), new byte[0]))) {
                fixture.servers(server);
                assertThat(failure(null)).hasMessageContaining("answered without a token");
            }
        }
        try (FaultyServer server = FaultyServer.plain(
                (_, out) -> out.send(401, Map.of("WWW-Authenticate", "Negotiate, NTLM"), new byte[0]))) {
            fixture.servers(server);
            assertThat(failure(null)).hasMessageContaining("offers only [negotiate, ntlm]");
        }
    }
}
