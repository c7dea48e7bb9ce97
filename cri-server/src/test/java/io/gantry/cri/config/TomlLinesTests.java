package io.gantry.cri.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TomlLinesTests {
    @Test
    void findsKeysOfEveryForm() {
        Map<List<String>, Integer> lines = TomlLines.of("""
                # a comment with a = 1
                a = 1
                b.c = "x # not a comment = 3"

                [d]          # table
                e = [
                  "x = 1",   # in = a comment
                  'y]',
                ]
                f = \"""
                g = 1
                \\\""" still inside
                \"""
                "h.i" = 'j'
                [k."l m".n]
                o = { p = 1, q = [1, 2] }
                [[r]]
                s = '''
                t = 1
                '''
                u = 2""");

        assertThat(lines)
                .containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                        Map.entry(List.of("a"), 2),
                        Map.entry(List.of("b", "c"), 3),
                        Map.entry(List.of("d"), 5),
                        Map.entry(List.of("d", "e"), 6),
                        Map.entry(List.of("d", "f"), 10),
                        Map.entry(List.of("d", "h.i"), 14),
                        Map.entry(List.of("k", "l m", "n"), 15),
                        Map.entry(List.of("k", "l m", "n", "o"), 16),
                        Map.entry(List.of("r"), 17),
                        Map.entry(List.of("r", "s"), 18),
                        Map.entry(List.of("r", "u"), 21)));
    }

    @Test
    void survivesTextsThatEndInTheMiddle() {
        for (String text : List.of("a", "a =", "a = \"", "a = \"\"\"x", "[", "[a", "a = [", "\"", "a = 'x\\")) {
            assertThat(TomlLines.of(text)).isNotNull();
        }
    }
}
