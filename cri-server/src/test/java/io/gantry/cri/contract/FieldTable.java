package io.gantry.cri.contract;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tables of docs/cri.md: one of calls, and one for each message with a row for each field.
 *
 * @param calls by the name of the call
 * @param fields by message and field: {@code Mount.readonly}
 */
record FieldTable(Map<String, Row> calls, Map<String, Row> fields) {
    /** What becomes of a field. */
    enum Effect {
        HONOURED,
        REFUSED,
        NO_EFFECT
    }

    /**
     * One row.
     *
     * @param line where it stands in the file
     * @param effect empty for a call
     * @param proofs names of tests: {@code MountTests.options}, or a class, or a pattern of classes with a star
     */
    record Row(int line, String effect, String text, List<String> proofs) {
        Effect kind() {
            return Arrays.stream(Effect.values())
                    .filter(each -> each.name().replace('_', ' ').equalsIgnoreCase(effect))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(
                            "line " + line + ": effect \"" + effect + "\" is not honoured, refused or no effect"));
        }
    }

    private static final Pattern QUOTED = Pattern.compile("`([^`]+)`");

    static FieldTable read(Path file) throws IOException {
        Map<String, Row> calls = new LinkedHashMap<>();
        Map<String, Row> fields = new LinkedHashMap<>();
        String message = "";
        int number = 0;
        for (String line : Files.readAllLines(file)) {
            number++;
            if (line.startsWith("### ")) {
                message = line.substring(4).strip();
            } else if (line.startsWith("## ")) {
                message = "";
            }
            if (!line.startsWith("| `")) {
                continue;
            }
            List<String> cells = Arrays.stream(line.substring(1).split("\\|", -1))
                    .map(String::strip)
                    .toList();
            String name = cells.getFirst().replace("`", "");
            boolean ofCall = message.isEmpty();
            if (cells.size() != (ofCall ? 4 : 5)) {
                throw new AssertionError("line " + number + ": it has " + (cells.size() - 1) + " cells: " + line);
            }
            Row row = ofCall
                    ? new Row(number, "", cells.get(1), quoted(cells.get(2)))
                    : new Row(number, cells.get(1), cells.get(2), quoted(cells.get(3)));
            Row before = ofCall ? calls.put(name, row) : fields.put(message + "." + name, row);
            if (before != null) {
                throw new AssertionError(
                        "line " + number + ": " + name + " stands in line " + before.line() + " already");
            }
        }
        return new FieldTable(calls, fields);
    }

    private static List<String> quoted(String cell) {
        List<String> names = new ArrayList<>();
        Matcher matcher = QUOTED.matcher(cell);
        while (matcher.find()) {
            names.add(matcher.group(1));
        }
        return names;
    }
}
