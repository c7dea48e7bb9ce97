package io.gantry.cni.conflist;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConflistParserTest {
    private static final Path FILE = Path.of("10-pods.conflist");

    @Test
    void readsAList() throws InvalidConflist {
        CniConflist list = parse("""
                {"cniVersion": "1.0.0", "name": "pods", "disableCheck": true, "disableGC": "TRUE",
                 "plugins": [
                  {"type": "bridge", "ipam": {"type": "host-local"}},
                  {"type": "portmap", "capabilities": {"portMappings": true, "bandwidth": false}}]}""");

        assertThat(list.name()).isEqualTo("pods");
        assertThat(list.version()).isEqualTo(CniVersion.V1_0_0);
        assertThat(list.disableCheck()).isTrue();
        assertThat(list.disableGc()).isTrue();
        assertThat(list.plugins()).extracting(PluginConfig::type).containsExactly("bridge", "portmap");
        assertThat(list.plugins().getFirst().ipamType()).contains("host-local");
        assertThat(list.plugins().getLast().capabilities()).containsExactly("portMappings");
        assertThat(list.plugins().getLast().ipamType()).isEmpty();
    }

    @Test
    void takesTheHighestVersionThatItSpeaks() throws InvalidConflist {
        CniConflist list = parse("""
                {"cniVersion": "0.4.0", "cniVersions": ["0.3.1", "1.1", "1.0.0", "2.0.0"], "name": "pods",
                 "plugins": [{"type": "bridge"}]}""");

        assertThat(list.versions())
                .containsExactly(CniVersion.V0_3_1, CniVersion.V0_4_0, CniVersion.V1_0_0, CniVersion.V1_1_0);
        assertThat(list.version()).isEqualTo(CniVersion.V1_1_0);
    }

    @Test
    void wrapsASinglePlugin() throws InvalidConflist {
        CniConflist list = ConflistParser.parseSingle(Path.of("10-pods.conf"), utf8("""
                        {"cniVersion": "0.3.1", "name": "pods", "type": "ptp"}"""));

        assertThat(list.name()).isEqualTo("pods");
        assertThat(list.plugins()).extracting(PluginConfig::type).containsExactly("ptp");
    }

    @Test
    void saysThatAListIsMisnamed() {
        assertThatThrownBy(() -> ConflistParser.parseSingle(
                        Path.of("10-pods.conf"),
                        utf8("{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"plugins\":[{\"type\":\"b\"}]}")))
                .isInstanceOf(InvalidConflist.class)
                .hasMessage("it is a list of plugins but is not named *.conflist; rename it");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "``|it is empty",
                "`  \n`|it is empty",
                "[]|it is not a JSON object",
                "{\"cniVersion\":\"1.0.0\"}|it has no \"name\"",
                "{\"cniVersion\":\"1.0.0\",\"name\":7}|it has no \"name\"",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"../etc\",\"plugins\":[{\"type\":\"a\"}]}|\"name\" \"../etc\" is not a network name",
                "{\"name\":\"a\",\"plugins\":[{\"type\":\"b\"}]}|it has no \"cniVersion\"; give one of 0.3.0, 0.3.1, 0.4.0, 1.0.0, 1.1.0",
                "{\"cniVersion\":\"0.2.0\",\"name\":\"a\",\"plugins\":[{\"type\":\"b\"}]}|\"cniVersion\" 0.2.0 is not supported; give one of",
                "{\"cniVersion\":\"9.0.0\",\"name\":\"a\",\"plugins\":[{\"type\":\"b\"}]}|\"cniVersion\" 9.0.0 is not supported; give one of",
                "{\"cniVersion\":1,\"name\":\"a\",\"plugins\":[{\"type\":\"b\"}]}|\"cniVersion\" holds 1, which is not a version",
                "{\"cniVersions\":\"1.0.0\",\"name\":\"a\",\"plugins\":[{\"type\":\"b\"}]}|\"cniVersions\" is not a list",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\"}|it has no \"plugins\"",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"loadOnlyInlinedPlugins\":true}|\"loadOnlyInlinedPlugins\" is true",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"plugins\":{}}|\"plugins\" is not a list",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"plugins\":[]}|\"plugins\" is empty",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"plugins\":[3]}|plugin 1 is not an object",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"plugins\":[{\"type\":\"b\"},{}]}|plugin 2 has no \"type\"",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"plugins\":[{\"type\":\"../sh\"}]}|plugin 1's \"type\" is not the name of a program: ../sh",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"plugins\":[{\"type\":\"b\",\"ipam\":{\"type\":\"a/b\"}}]}|plugin 1's ipam \"type\" is not the name",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"plugins\":[{\"type\":\"b\",\"capabilities\":[]}]}|plugin 1's \"capabilities\" is not an object",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"plugins\":[{\"type\":\"b\",\"capabilities\":{\"x\":1}}]}|plugin 1's \"capabilities\" holds 1, not true or false",
                "{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"disableGC\":\"maybe\",\"plugins\":[{\"type\":\"b\"}]}|\"disableGC\" is \"maybe\", not true or false",
                "{\"cniVersion\":|it is not JSON:",
                "{} trailing|it is not JSON:"
            })
    void refusesWithTheReason(String content, String problem) {
        assertThatThrownBy(() -> parse(content))
                .isInstanceOf(InvalidConflist.class)
                .message()
                .startsWith(problem);
    }

    @Test
    void keepsConfigurationsFromBeingChanged() throws InvalidConflist {
        CniConflist list = parse("{\"cniVersion\":\"1.0.0\",\"name\":\"a\",\"plugins\":[{\"type\":\"b\"}]}");
        list.plugins().getFirst().json().put("type", "other");

        assertThat(list.plugins())
                .extracting(PluginConfig::json)
                .extracting(json -> json.path("type").asString(""))
                .containsExactly("b");
    }

    private static CniConflist parse(String content) throws InvalidConflist {
        return ConflistParser.parseList(FILE, utf8(content)).with(List.of());
    }

    private static byte[] utf8(String content) {
        return content.getBytes(StandardCharsets.UTF_8);
    }
}
