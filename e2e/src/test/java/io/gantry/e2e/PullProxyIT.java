package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.Certificates;
import io.gantry.e2e.faults.FaultImage;
import io.gantry.e2e.faults.ProxyDouble;
import io.gantry.e2e.faults.RegistryDouble;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A daemon whose environment names a proxy with a password: only what shall not go through it does not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PullProxyIT {
    private static final int MIB = 1 << 20;

    @TempDir
    private static Path directory;

    private final AtomicInteger seeds = new AtomicInteger(6000);
    private Certificates certificates;
    private ProxyDouble proxy;
    private PullBed bed;
    private RegistryDouble secure;
    private List<String> imagesBefore;

    @BeforeAll
    void start() throws Exception {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "states Gantry's own words; other runtimes have others");
        proxy = ProxyDouble.start("user", "pass word");
        String url = "http://user:pass%20word@" + proxy.address();
        bed = PullBed.start(
                "progress_timeout = \"5s\"",
                Map.of(
                        "HTTP_PROXY",
                        url,
                        "HTTPS_PROXY",
                        url,
                        "NO_PROXY",
                        "unused.example.test,"
                                + address().map(InetAddress::getHostAddress).orElse("unused")));
        certificates = Certificates.create(directory);
        secure = RegistryDouble.startTls(certificates.server(), false);
        proxy.host("secure.proxied.test:443", secure.port());
        proxy.host("plain.proxied.test:80", bed.registry.port());
    }

    @AfterAll
    void close() throws Exception {
        try (ProxyDouble _ = proxy;
                PullBed _ = bed;
                RegistryDouble _ = secure) {
            if (bed != null) {
                PullBed.await("connections to the proxy are left", () -> proxy.connections() == 0);
            }
        }
    }

    @BeforeEach
    void remember() throws Exception {
        imagesBefore = bed.images();
    }

    @AfterEach
    void nothingIsLeft() throws Exception {
        secure.heal();
        bed.assertQuiet();
    }

    /** An address of this machine that is not the loopback's: those never go through a proxy. */
    private static Optional<InetAddress> address() throws java.net.SocketException {
        return NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .findFirst();
    }

    private FaultImage serve(RegistryDouble registry, String repository) {
        FaultImage image = FaultImage.of(seeds.incrementAndGet(), MIB);
        registry.put(repository, image);
        return image;
    }

    @Test
    void plainRequestsAreForwarded() throws Exception {
        FaultImage image = serve(bed.registry, "plain/app");
        bed.hosts("plain.proxied.test", "server = \"http://plain.proxied.test\"\n");
        bed.pull("plain.proxied.test/plain/app:1");

        assertThat(bed.images()).contains(image.id());
        assertThat(proxy.asked())
                .anyMatch(line ->
                        line.startsWith("GET http://plain.proxied.test/v2/plain/app/blobs/" + image.layer() + " "));
    }

    @Test
    void tlsGoesThroughATunnelThatSeesNothing() throws Exception {
        FaultImage image = serve(secure, "secure/app");
        bed.hosts(
                "secure.proxied.test",
                "server = \"https://secure.proxied.test\"\nca = \"" + certificates.authority() + "\"\n");
        secure.blob("secure/app", image.layer(), answer -> answer.upTo(answer.call() * MIB / 2));
        int before = proxy.asked().size();
        bed.pull("secure.proxied.test/secure/app:1");

        assertThat(bed.images()).contains(image.id());
        assertThat(proxy.asked().subList(before, proxy.asked().size()))
                .isNotEmpty()
                .allMatch("CONNECT secure.proxied.test:443 HTTP/1.1"::equals);
        assertThat(secure.requests(image.layer()))
                .extracting(RegistryDouble.Request::range)
                .startsWith("", "bytes=" + MIB / 2 + "-");
        assertThat(secure.requests("/"))
                .allMatch(request -> request.proxyAuthorization().isEmpty());
    }

    @Test
    void exceptionsGoStraight() throws Exception {
        assumeTrue(address().isPresent(), "needs a network address that is not the loopback's");
        try (RegistryDouble direct = RegistryDouble.start(address().orElseThrow())) {
            FaultImage image = serve(direct, "direct/app");
            bed.hosts("direct.example.test", "server = \"http://" + direct.address() + "\"\n");
            int before = proxy.asked().size();
            bed.pull("direct.example.test/direct/app:1");

            assertThat(bed.images()).contains(image.id());
            assertThat(proxy.asked()).hasSize(before);
        }
    }

    @Test
    void whatTheProxyDoesNotReachIsSaid() throws Exception {
        FaultImage image = serve(secure, "unknown/app");
        bed.hosts("unknown.proxied.test", "server = \"https://unknown.proxied.test\"\n");
        Refusal refusal = bed.refused("unknown.proxied.test/unknown/app:1", image);
        assertThat(refusal.code()).isEqualTo("Unknown"); // the one code that the kubelet looks behind
        assertThat(refusal.text())
                .startsWith("RegistryUnavailable: pull image unknown.proxied.test/unknown/app:1: "
                        + "https://unknown.proxied.test: ")
                .contains("502")
                .endsWith("check that this node reaches the registry (names, proxy, firewall), or name a mirror in "
                        + "hosts.toml");
        assertThat(bed.images()).isEqualTo(imagesBefore);
    }
}
