package io.gantry.cri.streaming.session;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class CommandResultTests {
    private static String json(CommandResult result) {
        return new String(result.json(), StandardCharsets.UTF_8);
    }

    @Test
    void newerClientsGetAStatus() {
        assertThat(json(CommandResult.ofExitCode(0))).isEqualTo("{\"metadata\":{},\"status\":\"Success\"}");
        assertThat(json(CommandResult.ofExitCode(137)))
                .isEqualTo(
                        "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"command terminated with non-zero exit code:"
                                + " exit status 137\",\"reason\":\"NonZeroExitCode\",\"details\":{\"causes\":[{\"reason\":\"ExitCode\","
                                + "\"message\":\"137\"}]}}");
        assertThat(json(new CommandResult.Failure("no \"x\"")))
                .isEqualTo(
                        "{\"metadata\":{},\"status\":\"Failure\",\"message\":\"Internal error occurred: no \\\"x\\\"\","
                                + "\"reason\":\"InternalError\",\"details\":{\"causes\":[{\"message\":\"no \\\"x\\\"\"}]},\"code\":500}");
    }

    @Test
    void olderClientsGetText() {
        assertThat(CommandResult.ofExitCode(0).bytes(false)).isEmpty();
        assertThat(CommandResult.ofExitCode(2).text())
                .isEqualTo("command terminated with non-zero exit code: exit status 2");
    }
}
