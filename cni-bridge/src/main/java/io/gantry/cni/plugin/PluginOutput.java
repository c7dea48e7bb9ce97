package io.gantry.cni.plugin;

import java.nio.charset.StandardCharsets;

/** Makes what a plugin printed fit for an error message or a log line. */
final class PluginOutput {
    private static final int MAX_CHARS = 500;

    private PluginOutput() {}

    /** One line of printable characters, shortened in the middle of long texts. */
    static String clip(String text) {
        StringBuilder line = new StringBuilder();
        String stripped = text.strip();
        int length = Math.min(stripped.length(), MAX_CHARS);
        for (int i = 0; i < length; i++) {
            char c = stripped.charAt(i);
            line.append(c == '\n' || c == '\t' || c == '\r' ? ' ' : Character.isISOControl(c) ? '?' : c);
        }
        return stripped.length() > MAX_CHARS ? line + "… (" + stripped.length() + " characters)" : line.toString();
    }

    static String clip(byte[] output) {
        return clip(new String(output, 0, Math.min(output.length, 4 * MAX_CHARS), StandardCharsets.UTF_8));
    }
}
