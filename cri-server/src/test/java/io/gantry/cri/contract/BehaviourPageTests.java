package io.gantry.cri.contract;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tests that docs/cri-o-behaviour.md names are there. */
class BehaviourPageTests {
    private static final Pattern TEST = Pattern.compile("`([A-Z][A-Za-z]+(?:Tests?|IT|Contract)(?:\\.[a-zA-Z0-9]+)?)`");

    @Test
    void everyTestThatItNamesExists() throws IOException {
        TestSources tests = TestSources.read(Path.of(".."));
        List<String> lines = Files.readAllLines(Path.of("../docs/cri-o-behaviour.md"));
        int named = 0;
        for (String line : lines) {
            Matcher matcher = TEST.matcher(line);
            while (matcher.find()) {
                named++;
                assertThat(tests.has(matcher.group(1)))
                        .as("there is no test " + matcher.group(1) + ": " + line)
                        .isTrue();
            }
        }
        assertThat(named).isGreaterThan(80);
    }
}
