package io.gantry.image.registry;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One way to authenticate that a server offers in {@code WWW-Authenticate}.
 *
 * @param scheme in lower case, {@code bearer}
 * @param parameters names in lower case
 * @see <a href="https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1">RFC 9110, WWW-Authenticate</a>
 */
record Challenge(String scheme, Map<String, String> parameters) {
    /** Longest header that is looked at. */
    private static final int MAX_LENGTH = 16 << 10;

    Challenge {
        parameters = Map.copyOf(parameters);
    }

    String parameter(String name) {
        return parameters.getOrDefault(name, "");
    }

    /** All challenges in all header lines; what cannot be understood is left out. */
    static List<Challenge> parse(List<String> headers) {
        List<Challenge> out = new ArrayList<>();
        for (String header : headers) {
            if (header.length() <= MAX_LENGTH) {
                new Parser(header).challenges(out);
            }
        }
        return List.copyOf(out);
    }

    private static final class Parser {
        private final String text;
        private int at;

        Parser(String text) {
            this.text = text;
        }

        void challenges(List<Challenge> out) {
            while (skipSeparators()) {
                String scheme = token();
                if (scheme.isEmpty()) {
                    at++;
                    continue;
                }
                skipSpaces();
                skipToken68();
                out.add(new Challenge(scheme.toLowerCase(Locale.ROOT), parameters()));
            }
        }

        private Map<String, String> parameters() {
            Map<String, String> parameters = new LinkedHashMap<>();
            while (skipSeparators()) {
                int start = at;
                String name = token();
                skipSpaces();
                if (name.isEmpty() || !peek('=')) {
                    at = start;
                    break;
                }
                at++;
                skipSpaces();
                String value = peek('"') ? quoted() : token();
                parameters.putIfAbsent(name.toLowerCase(Locale.ROOT), value);
            }
            return parameters;
        }

        /** Credentials without names, as Negotiate has them, up to the next comma. */
        private void skipToken68() {
            int end = at;
            while (end < text.length() && (HttpText.isTokenChar(text.charAt(end)) || text.charAt(end) == '/')) {
                end++;
            }
            int equals = end;
            while (equals < text.length() && text.charAt(equals) == '=') {
                equals++;
            }
            int rest = equals;
            while (rest < text.length() && HttpText.isSpace(text.charAt(rest))) {
                rest++;
            }
            if (end > at && (rest == text.length() || text.charAt(rest) == ',')) {
                at = rest;
            }
        }

        private boolean skipSeparators() {
            while (at < text.length() && (HttpText.isSpace(text.charAt(at)) || text.charAt(at) == ',')) {
                at++;
            }
            return at < text.length();
        }

        private void skipSpaces() {
            while (at < text.length() && HttpText.isSpace(text.charAt(at))) {
                at++;
            }
        }

        private boolean peek(char c) {
            return at < text.length() && text.charAt(at) == c;
        }

        private String token() {
            int start = at;
            while (at < text.length() && HttpText.isTokenChar(text.charAt(at))) {
                at++;
            }
            return text.substring(start, at);
        }

        private String quoted() {
            StringBuilder out = new StringBuilder();
            at++;
            while (at < text.length() && text.charAt(at) != '"') {
                if (text.charAt(at) == '\\' && at + 1 < text.length()) {
                    at++;
                }
                out.append(text.charAt(at));
                at++;
            }
            at++;
            return out.toString();
        }
    }
}
