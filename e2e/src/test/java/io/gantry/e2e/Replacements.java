package io.gantry.e2e;

import java.util.LinkedHashMap;
import java.util.Map;

/** Puts names in the place of what differs from run to run, so that a test can state a whole text. */
final class Replacements {
    private final Map<String, String> plain = new LinkedHashMap<>();

    /** Replaces this text by the name; earlier ones go first. */
    Replacements with(Object text, String name) {
        plain.put(text.toString(), name);
        return this;
    }

    /** The text with every known part replaced, and any remaining hexadecimal id, whole or short, by {@code ID}. */
    String apply(String text) {
        String result = text;
        for (Map.Entry<String, String> entry : plain.entrySet()) {
            result = result.replace(entry.getKey(), entry.getValue());
        }
        return result.replaceAll("\\b([0-9a-f]{64}|[0-9a-f]{12,13})\\b", "ID");
    }
}
