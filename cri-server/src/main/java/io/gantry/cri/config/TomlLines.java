package io.gantry.cri.config;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * On which line of a TOML text each key stands. The TOML reader gives values without places, so this walks through the
 * same text a second time, after the reader has accepted it: it has to find keys, not to judge syntax (toml.io/en/v1.0.0).
 */
final class TomlLines {
    private final String text;
    private final Map<List<String>, Integer> lines = new HashMap<>();
    private List<String> table = List.of();
    private int at;
    private int line = 1;

    private TomlLines(String text) {
        this.text = text;
    }

    /** Path of each table and key to its line, counted from 1. Keys of inline tables are not in it. */
    static Map<List<String>, Integer> of(String text) {
        TomlLines scan = new TomlLines(text);
        scan.run();
        return scan.lines;
    }

    private void run() {
        while (skipBlank()) {
            if (peek() == '[') {
                while (peek() == '[') {
                    at++;
                }
                int where = line;
                table = key(']');
                lines.putIfAbsent(table, where);
                skipToLineEnd();
            } else {
                int where = line;
                List<String> path = new ArrayList<>(table);
                path.addAll(key('='));
                lines.putIfAbsent(List.copyOf(path), where);
                at++;
                skipValue();
            }
        }
    }

    /** Moves to the next character that is neither white space nor in a comment; false at the end. */
    private boolean skipBlank() {
        while (at < text.length()) {
            char c = text.charAt(at);
            if (c == '#') {
                skipToLineEnd();
            } else if (Character.isWhitespace(c)) {
                advance();
            } else {
                return true;
            }
        }
        return false;
    }

    private void skipToLineEnd() {
        while (at < text.length() && text.charAt(at) != '\n') {
            at++;
        }
    }

    /** The parts of a dotted key up to {@code end}, which is not consumed. */
    private List<String> key(char end) {
        List<String> parts = new ArrayList<>();
        StringBuilder part = new StringBuilder();
        while (at < text.length() && text.charAt(at) != end && text.charAt(at) != '\n') {
            char c = text.charAt(at);
            if (c == '"' || c == '\'') {
                int from = at + 1;
                skipString();
                part.append(text, from, Math.max(from, at - 1));
            } else {
                if (c == '.') {
                    parts.add(part.toString());
                    part.setLength(0);
                } else if (!Character.isWhitespace(c)) {
                    part.append(c);
                }
                at++;
            }
        }
        parts.add(part.toString());
        return List.copyOf(parts);
    }

    /** Moves past a value: to the end of the line on which its last bracket or quote closes. */
    private void skipValue() {
        int depth = 0;
        while (at < text.length()) {
            switch (text.charAt(at)) {
                case '"', '\'' -> skipString();
                case '#' -> skipToLineEnd();
                case '[', '{' -> {
                    depth++;
                    at++;
                }
                case ']', '}' -> {
                    depth--;
                    at++;
                }
                case '\n' -> {
                    if (depth <= 0) {
                        return;
                    }
                    advance();
                }
                default -> at++;
            }
        }
    }

    /** Moves past a string of any of the four kinds, {@code at} being on its first quote. */
    private void skipString() {
        char quote = text.charAt(at);
        boolean escapes = quote == '"';
        String triple = String.valueOf(quote).repeat(3);
        if (text.startsWith(triple, at)) {
            at += 3;
            while (at < text.length() && !text.startsWith(triple, at)) {
                if (escapes && text.charAt(at) == '\\') {
                    at++;
                }
                if (at < text.length()) {
                    advance();
                }
            }
            at += 3;
            while (at < text.length() && text.charAt(at) == quote) {
                at++;
            }
            return;
        }
        at++;
        while (at < text.length() && text.charAt(at) != quote && text.charAt(at) != '\n') {
            at += escapes && text.charAt(at) == '\\' ? 2 : 1;
        }
        at++;
    }

    private char peek() {
        return at < text.length() ? text.charAt(at) : '\0';
    }

    private void advance() {
        if (text.charAt(at) == '\n') {
            line++;
        }
        at++;
    }
}
