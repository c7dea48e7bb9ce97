package io.gantry.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegistryHostsTests {
    @TempDir
    Path directory;

    private Path write(String host, String toml) throws IOException {
        Path folder = Files.createDirectories(directory.resolve(host));
        return Files.writeString(folder.resolve("hosts.toml"), toml);
    }

    private List<String> urls(String registry) {
        return RegistryHosts.in(directory).endpoints(registry).stream()
                .map(endpoint -> endpoint.base().toString())
                .toList();
    }

    @Test
    void withoutConfigurationTheRegistryItselfIsAsked() {
        assertThat(urls("docker.io")).containsExactly("https://registry-1.docker.io/v2");
        assertThat(urls("registry.k8s.io")).containsExactly("https://registry.k8s.io/v2");
        assertThat(urls("localhost:5000")).containsExactly("https://localhost:5000/v2", "http://localhost:5000/v2");
        assertThat(urls("127.1.2.3")).containsExactly("https://127.1.2.3/v2", "http://127.1.2.3/v2");
        assertThat(urls("127.0.0.1.evil.test")).containsExactly("https://127.0.0.1.evil.test/v2");
    }

    @Test
    void mirrorsComeInTheOrderOfTheFileAndTheServerLast() throws IOException {
        write("docker.io", """
                server = "https://registry-1.docker.io"
                [host."https://z.test:5000"]
                  capabilities = ["pull", "resolve"]
                  skip_verify = true
                  dial_timeout = "1m"
                  ca = "/etc/ca.crt"
                  client = [["client.cert", "client.key"], "both.pem"]
                  [host."https://z.test:5000".header]
                    X-Custom = ["a", "b"]
                [host."http://a.test/prefix/"]
                  capabilities = ["pull"]
                [host."https://b.test/api"]
                  override_path = true
                [host."m.test/v2"]
                """);
        List<Endpoint> endpoints = RegistryHosts.in(directory).endpoints("docker.io");
        assertThat(endpoints)
                .extracting(e -> e.base().toString())
                .containsExactly(
                        "https://z.test:5000/v2",
                        "http://a.test/prefix/v2",
                        "https://b.test/api",
                        "https://m.test/v2",
                        "https://registry-1.docker.io/v2");
        Endpoint first = endpoints.getFirst();
        Path folder = directory.resolve("docker.io");
        assertThat(first.tls())
                .isEqualTo(new TlsSettings(
                        List.of(Path.of("/etc/ca.crt")),
                        List.of(
                                new TlsSettings.ClientPair(folder.resolve("client.cert"), folder.resolve("client.key")),
                                new TlsSettings.ClientPair(folder.resolve("both.pem"), folder.resolve("both.pem"))),
                        true));
        assertThat(first.headers()).containsEntry("X-Custom", List.of("a", "b"));
        assertThat(first.dialTimeout()).isEqualTo(Duration.ofMinutes(1));
        assertThat(first.namespace()).isEqualTo("docker.io");
        assertThat(first.upstream()).isFalse();
        assertThat(endpoints.get(1).capabilities()).containsExactly(Endpoint.Capability.PULL);
        assertThat(endpoints.getLast().namespace()).isNull();
        assertThat(endpoints.getLast().upstream()).isTrue();
    }

    @Test
    void aPortHasTwoSpellingsAndThereIsADefault() throws IOException {
        write("_default", "[host.\"https://default.test\"]\n");
        write("a.test:5000", "[host.\"https://colon.test\"]\n");
        write("b.test:5000", "[host.\"https://colon.test\"]\n");
        write("b.test_5000_", "[host.\"https://underscore.test\"]\n");
        assertThat(urls("a.test:5000")).containsExactly("https://colon.test/v2", "https://a.test:5000/v2");
        assertThat(urls("b.test:5000")).containsExactly("https://underscore.test/v2", "https://b.test:5000/v2");
        assertThat(urls("a.test")).containsExactly("https://default.test/v2", "https://a.test/v2");
    }

    @Test
    void filesAreReadAnewEachTime() throws IOException {
        RegistryHosts hosts = RegistryHosts.in(directory);
        assertThat(hosts.endpoints("a.test")).hasSize(1);
        write("a.test", "[host.\"https://m.test\"]\n");
        assertThat(hosts.endpoints("a.test")).hasSize(2);
    }

    @Test
    void dockersCertificateFilesCountWhereThereIsNoHostsFile() throws IOException {
        Path folder = Files.createDirectories(directory.resolve("a.test"));
        for (String name : List.of("b.crt", "a.crt", "client.cert", "client.key", "README")) {
            Files.writeString(folder.resolve(name), "");
        }
        Endpoint endpoint = RegistryHosts.in(directory).endpoints("a.test").getFirst();
        assertThat(endpoint.tls().authorities()).containsExactly(folder.resolve("a.crt"), folder.resolve("b.crt"));
        assertThat(endpoint.tls().clients())
                .containsExactly(
                        new TlsSettings.ClientPair(folder.resolve("client.cert"), folder.resolve("client.key")));
        Files.delete(folder.resolve("client.key"));
        GantryException error = catchThrowableOfType(
                GantryException.class, () -> RegistryHosts.in(directory).endpoints("a.test"));
        assertThat(error).hasMessageContaining("client.cert").hasMessageContaining("client.key is missing");
    }

    @Test
    void unknownKeysAreIgnoredWithAWarning() throws IOException {
        write("a.test", "colour = 1\n[host.\"https://m.test\"]\nspeed = 2\n");
        assertThat(urls("a.test")).containsExactly("https://m.test/v2", "https://a.test/v2");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "server = |line 1",
                "server = 7|server must be a string",
                "server = 'ftp://x'|server must be an http or https URL",
                "server = 'https://u:p@x'|server must be an http or https URL",
                "server = 'https://x?y'|server must not have a query",
                "host = 7|host must be a table",
                "[host.'https://x y']|is not a URL",
                "[host.'https://m']\\ncapabilities = ['fly']|host.\"https://m\".capabilities has \"fly\"",
                "[host.'https://m']\\nskip_verify = 'yes'|host.\"https://m\".skip_verify must be true or false",
                "skip_verify = 'yes'|skip_verify must be true or false",
                "[host.'https://m']\\ndial_timeout = '10'|host.\"https://m\".dial_timeout is \"10\"; write a duration",
                "[host.'https://m']\\nca = [1]|host.\"https://m\".ca must be a string",
                "[host.'https://m']\\nclient = [['a','b','c']]|host.\"https://m\".client has an entry of 3 files",
                "[host.'https://m'.header]\\nHost = 'x'|must not set the header \"Host\"",
                "[host.'https://m'.header]\\nX = \"a\\\\nb\"|has a control character",
            })
    void errorsNameTheFileAndTheKey(String toml, String problem) throws IOException {
        Path file = write("a.test", toml.replace("\\n", "\n").replace("\\\n", "\\n"));
        GantryException error = catchThrowableOfType(
                GantryException.class, () -> RegistryHosts.in(directory).endpoints("a.test"));
        assertThat(error.kind()).isEqualTo(ErrorKind.FAILED_PRECONDITION);
        assertThat(error)
                .hasMessageStartingWith("read registry configuration " + file + ": ")
                .hasMessageContaining(problem);
    }
}
