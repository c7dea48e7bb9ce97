package io.gantry.pod.checkpoint;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.platform.storage.Json;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class SpecMatchTests {
    private static final String DUMPED = """
            {"process":{"user":{"uid":5,"gid":6},"args":["a"],"cwd":"/","env":["X=1","HOSTNAME=old"],
              "capabilities":{"bounding":["CAP_KILL"]}},
             "mounts":[{"destination":"/data","type":"bind","source":"/old","options":["rbind","rw"]},
               {"destination":"/conf","type":"bind","source":"/old2","options":["rbind","ro"]},
               {"destination":"/proc","type":"proc"}]}
            """;

    @Test
    void sourcesAndHostNameMayDiffer() {
        SpecMatch match = match(DUMPED.replace("/old", "/new").replace("HOSTNAME=old", "HOSTNAME=new"));

        assertThatCode(() -> {
                    match.require();
                    match.requireSameProcess();
                })
                .doesNotThrowAnyException();
    }

    @Test
    void everyDifferenceIsNamed() {
        assertThatThrownBy(() -> match(DUMPED.replace("/data", "/other")
                                .replace("\"uid\":5", "\"uid\":0")
                                .replace("\"ro\"", "\"rw\""))
                        .require())
                .hasMessageContaining("it has a mount at /data, the container does not")
                .hasMessageContaining("it has no mount at /other, the container has")
                .hasMessageContaining("its mount at /conf is read-only, that of the container is not")
                .hasMessageContaining("its processes have uid 5, the container asks for 0");
    }

    @Test
    void aTerminalCannotBeRestored() {
        JsonNode dumped = Json.mapper().readTree("{\"process\":{\"terminal\":true}}");

        assertThatThrownBy(() -> new SpecMatch(dumped, dumped, "create container c").require())
                .hasMessageContaining("a container with a terminal");
    }

    @Test
    void theProcessMustBeTheOneThatWasDumped() {
        assertThatThrownBy(() -> match(DUMPED.replace("[\"a\"]", "[\"b\"]")).requireSameProcess())
                .hasMessageContaining("its args was [\"a\"], the container asks for [\"b\"]");
        assertThatThrownBy(() -> match(DUMPED.replace("X=1", "X=2")).requireSameProcess())
                .hasMessageContaining("its environment was another one");
        assertThatThrownBy(() -> match(DUMPED.replace("CAP_KILL", "CAP_CHOWN")).requireSameProcess())
                .hasMessageContaining("it had other capabilities");
    }

    private static SpecMatch match(String wanted) {
        return new SpecMatch(Json.mapper().readTree(DUMPED), Json.mapper().readTree(wanted), "create container c");
    }
}
