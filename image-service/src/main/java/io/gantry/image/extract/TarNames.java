package io.gantry.image.extract;

import java.util.ArrayList;
import java.util.List;

/** Names of archive members as paths below the layer's root. */
final class TarNames {
    private static final int MAX_QUOTED = 200;

    private TarNames() {}

    /**
     * A name without leading and trailing slashes, empty parts, {@code .} and {@code ..}; a {@code ..} at the root stays
     * there. Empty for the root itself.
     */
    static String clean(String name) {
        int start = 0;
        int end = name.length();
        while (start < end && name.charAt(start) == '/') {
            start++;
        }
        while (end > start && name.charAt(end - 1) == '/') {
            end--;
        }
        if (isClean(name, start, end)) {
            return name.substring(start, end);
        }
        List<String> parts = new ArrayList<>();
        for (String part : name.substring(start, end).split("/")) {
            switch (part) {
                case "", "." -> {}
                case ".." -> {
                    if (!parts.isEmpty()) {
                        parts.removeLast();
                    }
                }
                default -> parts.add(part);
            }
        }
        return String.join("/", parts);
    }

    private static boolean isClean(String name, int start, int end) {
        int part = start;
        for (int i = start; i <= end; i++) {
            if (i == end || name.charAt(i) == '/') {
                int length = i - part;
                boolean dots = length == 1 && name.charAt(part) == '.'
                        || length == 2 && name.charAt(part) == '.' && name.charAt(part + 1) == '.';
                if (dots || length == 0 && end > start) {
                    return false;
                }
                part = i + 1;
            }
        }
        return true;
    }

    /** The directory that a clean path lies in; empty for the root. */
    static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    /** The last part of a clean path. */
    static String base(String path) {
        return path.substring(path.lastIndexOf('/') + 1);
    }

    /** A name for an error message: quoted, cut, without control characters. */
    static String quote(String name) {
        StringBuilder text = new StringBuilder("\"");
        for (int i = 0; i < Math.min(name.length(), MAX_QUOTED); i++) {
            char c = name.charAt(i);
            text.append(Character.isISOControl(c) || Character.isSurrogate(c) ? '?' : c);
        }
        return text.append(name.length() > MAX_QUOTED ? "…\"" : "\"").toString();
    }
}
