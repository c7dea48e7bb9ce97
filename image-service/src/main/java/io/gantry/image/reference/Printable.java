package io.gantry.image.reference;

/** Makes text from outside fit for messages and logs. */
public final class Printable {
    private Printable() {}

    /** The same text with every control character as {@code ?}. */
    public static String of(String text) {
        StringBuilder out = new StringBuilder(text.length());
        text.codePoints().forEach(c -> out.appendCodePoint(Character.isISOControl(c) ? '?' : c));
        return out.toString();
    }
}
