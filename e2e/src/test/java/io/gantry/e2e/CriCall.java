package io.gantry.e2e;

import io.gantry.e2e.process.Command;
import io.gantry.e2e.process.Result;
import io.gantry.e2e.runtime.RuntimeUnderTest;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Calls of the CRI with requests as its JSON form has them: those that crictl has no command for. */
record CriCall(RuntimeUnderTest runtime) {
    private static final JsonMapper JSON = JsonMapper.shared();

    /** A call that succeeds, and its response. */
    JsonNode run(String method, JsonNode request) throws IOException, InterruptedException {
        return JSON.readTree(command(method, request).run());
    }

    /** A call that is refused. */
    Refusal refused(String method, JsonNode request, Replacements replacements)
            throws IOException, InterruptedException {
        Result result = command(method, request).result();
        if (result.status() == 0) {
            throw new AssertionError("expected to be refused: " + method + " " + request + ": " + result.output());
        }
        // As crictl has it: in quotes.
        return Refusal.parse(result.error().strip() + "\"", replacements);
    }

    Command command(String method, JsonNode request) {
        return Command.of(
                Toolbox.require("cri-call"), runtime.node().socket(), method, JSON.writeValueAsString(request));
    }
}
