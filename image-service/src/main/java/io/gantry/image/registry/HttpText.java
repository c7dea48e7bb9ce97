package io.gantry.image.registry;

/** Characters of HTTP's grammar (RFC 9110 section 5.6). */
final class HttpText {
    private static final String TOKEN_PUNCTUATION = "!#$%&'*+-.^_`|~";

    private HttpText() {}

    static boolean isTokenChar(int c) {
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || TOKEN_PUNCTUATION.indexOf(c) >= 0;
    }

    static boolean isSpace(int c) {
        return c == ' ' || c == '\t';
    }
}
