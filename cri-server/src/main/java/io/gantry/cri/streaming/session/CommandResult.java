package io.gantry.cri.streaming.session;

import io.gantry.platform.storage.Json;
import java.nio.charset.StandardCharsets;
import tools.jackson.databind.node.ObjectNode;

/**
 * How a command ended, and how clients are told: newer ones as a {@code metav1.Status} in JSON on the error stream, older
 * ones as text there, and nothing when all went well.
 */
public sealed interface CommandResult {
    /** It ended with exit code 0, or the client was attached and the container ended. */
    record Success() implements CommandResult {}

    /** It ended with another exit code. */
    record ExitCode(int code) implements CommandResult {}

    /** It was not run, or did not run to its end. */
    record Failure(String message) implements CommandResult {}

    static CommandResult ofExitCode(int code) {
        return code == 0 ? new Success() : new ExitCode(code);
    }

    /** For protocol version 4 and later. */
    default byte[] json() {
        ObjectNode status = Json.mapper().createObjectNode();
        status.putObject("metadata");
        switch (this) {
            case Success ignored -> status.put("status", "Success");
            case ExitCode exit -> {
                status.put("status", "Failure").put("message", text()).put("reason", "NonZeroExitCode");
                status.putObject("details")
                        .putArray("causes")
                        .addObject()
                        .put("reason", "ExitCode")
                        .put("message", Integer.toString(exit.code()));
            }
            case Failure failure -> {
                status.put("status", "Failure").put("message", text()).put("reason", "InternalError");
                status.putObject("details").putArray("causes").addObject().put("message", failure.message());
                status.put("code", 500);
            }
        }
        return Json.mapper().writeValueAsBytes(status);
    }

    /** For earlier versions; empty on success. */
    default String text() {
        return switch (this) {
            case Success ignored -> "";
            case ExitCode exit -> "command terminated with non-zero exit code: exit status " + exit.code();
            case Failure failure -> "Internal error occurred: " + failure.message();
        };
    }

    /** The result as bytes, in the form that the client knows. */
    default byte[] bytes(boolean asStatus) {
        return asStatus ? json() : text().getBytes(StandardCharsets.UTF_8);
    }
}
