package io.gantry.cni.plugin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.cni.conflist.CniVersion;
import io.gantry.cni.plugin.CniResult.Dns;
import io.gantry.cni.plugin.CniResult.Interface;
import io.gantry.cni.plugin.CniResult.IpConfig;
import io.gantry.cni.plugin.CniResult.Route;
import io.gantry.platform.storage.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CniResultTest {
    private static final CniResult FULL = new CniResult(
            CniVersion.V1_1_0,
            List.of(
                    new Interface("cni0", "0a:00:00:00:00:01", 1500, null, null, null),
                    new Interface(
                            "eth0", "0a:00:00:00:00:02", 1450, "/run/netns/a", "/run/vhost.sock", "0000:04:00.5")),
            List.of(new IpConfig("10.1.0.5/16", "10.1.0.1", 1), new IpConfig("fd00::5/64", null, 1)),
            List.of(
                    new Route("0.0.0.0/0", "10.1.0.1", 1400, 1360, 10, 100, 253),
                    new Route("::/0", null, null, null, null, null, null)),
            new Dns(List.of("10.1.0.1"), "pods.local", List.of("a", "b"), List.of("ndots:2")));

    @Test
    void readsTheOldFormWithIpVersions() throws MalformedResult {
        CniResult result = read("""
                {"cniVersion": "0.4.0",
                 "interfaces": [{"name": "eth0", "mac": "0a:00:00:00:00:02", "sandbox": "/run/netns/a"}],
                 "ips": [{"version": "4", "address": "10.1.0.5/16", "gateway": "10.1.0.1", "interface": 0},
                         {"version": "6", "address": "fd00::5/64"}],
                 "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.1"}], "dns": {}}""");

        assertThat(result.version()).isEqualTo(CniVersion.V0_4_0);
        assertThat(result.addressesOf("eth0")).containsExactly("10.1.0.5", "fd00::5");
        assertThat(result.dns()).isEqualTo(Dns.NONE);
        assertThat(result.routes()).hasSize(1);
    }

    @Test
    void assumesTheAskedVersionWhereThePluginSaysNone() throws MalformedResult {
        assertThat(read("{\"ips\": null, \"routes\": []}").version()).isEqualTo(CniVersion.V1_0_0);
    }

    @Test
    void survivesTheWayThroughTheNewestForm() throws MalformedResult {
        assertThat(CniResultReader.read(CniResultWriter.write(FULL, CniVersion.V1_1_0), CniVersion.V1_1_0))
                .isEqualTo(FULL);
    }

    @ParameterizedTest
    @EnumSource
    void canBeReadBackInEveryVersion(CniVersion version) throws MalformedResult {
        CniResult back = CniResultReader.read(CniResultWriter.write(FULL, version), CniVersion.V0_3_1);

        assertThat(back.version()).isEqualTo(version);
        assertThat(back.ips()).isEqualTo(FULL.ips());
        assertThat(back.dns()).isEqualTo(FULL.dns());
        assertThat(back.interfaces()).extracting(Interface::name).containsExactly("cni0", "eth0");
    }

    @Test
    void leavesOutWhatAnOlderVersionDoesNotHave() {
        assertThat(CniResultWriter.write(FULL, CniVersion.V0_4_0))
                .isEqualTo(Json.mapper().readTree("""
                        {"cniVersion": "0.4.0",
                         "interfaces": [{"name": "cni0", "mac": "0a:00:00:00:00:01"},
                                        {"name": "eth0", "mac": "0a:00:00:00:00:02", "sandbox": "/run/netns/a"}],
                         "ips": [{"version": "4", "interface": 1, "address": "10.1.0.5/16", "gateway": "10.1.0.1"},
                                 {"version": "6", "interface": 1, "address": "fd00::5/64"}],
                         "routes": [{"dst": "0.0.0.0/0", "gw": "10.1.0.1"}, {"dst": "::/0"}],
                         "dns": {"nameservers": ["10.1.0.1"], "domain": "pods.local", "search": ["a", "b"],
                                 "options": ["ndots:2"]}}"""));
        assertThat(CniResultWriter.write(FULL, CniVersion.V1_0_0).at("/ips/0").has("version"))
                .isFalse();
    }

    @Test
    void choosesTheAddressesOfThePodsInterface() throws MalformedResult {
        CniResult result = read("""
                {"cniVersion": "1.0.0",
                 "interfaces": [{"name": "eth0"}, {"name": "eth0", "sandbox": "/a"}, {"name": "net1", "sandbox": "/a"}],
                 "ips": [{"address": "10.9.0.1/16", "interface": 2}, {"address": "10.1.0.1/16", "interface": 1},
                         {"address": "10.2.0.1/16", "interface": 0}]}""");

        assertThat(result.addressesOf("eth0")).containsExactly("10.1.0.1");
        assertThat(result.addressesOf("other")).containsExactly("10.9.0.1", "10.1.0.1", "10.2.0.1");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[]|it is not a JSON object",
                "{\"cniVersion\":\"0.2.0\"}|its cniVersion 0.2.0 is none of 0.3.0",
                "{\"cniVersion\":7}|cniVersion is 7, not a string",
                "{\"ip4\":{}}|it is a result of specification 0.2.0 or older",
                "{\"ips\":{}}|its ips is not a list",
                "{\"ips\":[{}]}|an IP has no address",
                "{\"ips\":[{\"address\":\"10.0.0.1\"}]}|10.0.0.1 has no prefix length",
                "{\"ips\":[{\"address\":\"10.0.0.1/33\"}]}|10.0.0.1/33 has a wrong prefix length",
                "{\"ips\":[{\"address\":\"10.0.0.1/x\"}]}|10.0.0.1/x has a wrong prefix length",
                "{\"ips\":[{\"address\":\"localhost/8\"}]}|localhost is not an IP address",
                "{\"ips\":[{\"address\":\"fd00::1/64\",\"gateway\":\"gw\"}]}|gw is not an IP address",
                "{\"ips\":[{\"address\":\"10.0.0.1/8\",\"interface\":0}]}|address 10.0.0.1/8 belongs to interface 0 of 0",
                "{\"ips\":[{\"address\":\"10.0.0.1/8\",\"interface\":\"a\"}]}|interface is \"a\", not a whole number",
                "{\"interfaces\":[{}]}|an interface has no name",
                "{\"routes\":[{}]}|a route has no dst",
                "{\"dns\":{\"search\":[1]}}|search holds 1, not a string"
            })
    void refusesWhatIsNotAResult(String json, String problem) {
        assertThatThrownBy(() -> read(json))
                .isInstanceOf(MalformedResult.class)
                .message()
                .startsWith(problem);
    }

    private static CniResult read(String json) throws MalformedResult {
        return CniResultReader.read(Json.mapper().readTree(json), CniVersion.V1_0_0);
    }
}
