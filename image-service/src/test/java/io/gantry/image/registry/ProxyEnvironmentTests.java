package io.gantry.image.registry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProxyEnvironmentTests {
    @Test
    void eachSchemeHasItsVariable() {
        ProxyEnvironment proxies = new ProxyEnvironment(
                Map.of("HTTPS_PROXY", "http://u:p%40w@127.0.0.9:3128", "http_proxy", "127.0.0.8:8080"));
        ProxyEnvironment.Choice secure = proxies.choose(URI.create("https://registry.test/v2"));
        assertThat(secure.proxy().address()).isEqualTo(new InetSocketAddress("127.0.0.9", 3128));
        assertThat(secure.authenticator()).isInstanceOf(ProxyAuthenticator.class);
        assertThat(proxies.choose(URI.create("https://other.test/v2"))).isEqualTo(secure);
        ProxyEnvironment.Choice plain = proxies.choose(URI.create("http://registry.test/v2"));
        assertThat(plain.proxy().address()).isEqualTo(new InetSocketAddress("127.0.0.8", 8080));
        assertThat(plain.authenticator()).isSameAs(ProxyAuthenticator.NOBODY);
        assertThat(proxies.choose(URI.create("https://localhost:5000/v2")).proxy())
                .isEqualTo(Proxy.NO_PROXY);
    }

    @ParameterizedTest
    @CsvSource({
        "registry.test, true",
        ".test, true",
        "*.test, true",
        "'other, test', true",
        "REGISTRY.test:443, true",
        "registry.test:80, false",
        "gistry.test, false",
        "*, true",
        "10.0.0.0/8, false",
    })
    void noProxyNames(String noProxy, boolean direct) {
        ProxyEnvironment proxies =
                new ProxyEnvironment(Map.of("HTTPS_PROXY", "http://127.0.0.9:3128", "NO_PROXY", noProxy));
        assertThat(proxies.choose(URI.create("https://registry.test/v2")).equals(ProxyEnvironment.Choice.DIRECT))
                .isEqualTo(direct);
    }

    @ParameterizedTest
    @CsvSource({"10.0.0.0/8, true", "10.1.2.3, true", "10.1.2.0/25, true", "10.1.3.0/24, false", "10.0.0.0/99, false"})
    void noProxyAddresses(String noProxy, boolean direct) {
        ProxyEnvironment proxies =
                new ProxyEnvironment(Map.of("HTTPS_PROXY", "http://127.0.0.9:3128", "NO_PROXY", noProxy));
        assertThat(proxies.choose(URI.create("https://10.1.2.3:5000/v2")).equals(ProxyEnvironment.Choice.DIRECT))
                .isEqualTo(direct);
    }

    @Test
    void unknownKindsOfProxyAreRefused() {
        ProxyEnvironment proxies = new ProxyEnvironment(Map.of("HTTPS_PROXY", "ftp://x:1"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> proxies.choose(URI.create("https://registry.test/v2")))
                .withMessageContaining("use http or socks5");
    }
}
