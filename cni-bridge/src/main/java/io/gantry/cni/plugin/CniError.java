package io.gantry.cni.plugin;

import io.gantry.platform.error.ErrorKind;
import java.util.Optional;
import tools.jackson.databind.JsonNode;

/**
 * What a plugin answers when it fails.
 *
 * @see <a href="https://www.cni.dev/docs/spec/#error">CNI specification, section 5, error</a>
 */
public record CniError(long code, String message, String details) {
    private static final int TRY_AGAIN_LATER = 11;
    private static final int NOT_AVAILABLE = 50;
    private static final int LIMITED_CONNECTIVITY = 51;

    /** Reads it; empty when the answer is not an error structure. */
    static Optional<CniError> read(JsonNode json) {
        JsonNode code = json.path("code");
        JsonNode message = json.path("msg");
        if (!json.isObject() || (!code.isIntegralNumber() && !message.isString())) {
            return Optional.empty();
        }
        return Optional.of(new CniError(
                code.isIntegralNumber() && code.canConvertToLong() ? code.longValue() : 0,
                message.asString(""),
                json.path("details").asString("")));
    }

    /** The kind of failure: code 11 asks for a later try, 50 and 51 say that the plugin is not available now. */
    ErrorKind kind() {
        if (code == TRY_AGAIN_LATER || code == NOT_AVAILABLE || code == LIMITED_CONNECTIVITY) {
            return ErrorKind.UNAVAILABLE;
        }
        return code == 1 || code == 2 || code == 7 ? ErrorKind.FAILED_PRECONDITION : ErrorKind.INTERNAL;
    }

    /** What the reader can do. */
    String remedy() {
        if (code == 1) {
            return "change cniVersion in the network configuration or update the plugin";
        }
        if (code == 2 || code == 7) {
            return "correct the network configuration";
        }
        if (code == TRY_AGAIN_LATER) {
            return "the plugin asks to try again later";
        }
        return code == NOT_AVAILABLE || code == LIMITED_CONNECTIVITY
                ? "look at the network plugin's own pods or service on this node"
                : "the words are the plugin's: check the network configuration and what the plugin needs";
    }

    @Override
    public String toString() {
        String text = message.isBlank() ? "no message" : PluginOutput.clip(message);
        return text + (details.isBlank() ? "" : " (" + PluginOutput.clip(details) + ")") + " [code " + code + "]";
    }
}
