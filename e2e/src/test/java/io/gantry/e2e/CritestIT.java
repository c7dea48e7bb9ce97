package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * The CRI validation suite. Every spec is a test of its own here; those in {@code critest-known-failures.txt} are
 * skipped with the reason written there, and must really fail.
 */
class CritestIT {
    private static final int LEAST_PASSED = 128;

    /** Every spec that execs, attaches or forwards a port with streams. */
    private static final String STREAMING = "Streaming";

    private static final int LEAST_STREAMING = 5;

    @TestFactory
    List<DynamicTest> specs() throws Exception {
        String focus = System.getProperty("gantry.e2e.critest.focus", "");
        return tests(focus, focus.isEmpty() ? LEAST_PASSED : 0);
    }

    /** The specs of streams once more: without these flags they go over SPDY. */
    @TestFactory
    List<DynamicTest> streamingSpecsOverWebSocket() throws Exception {
        return tests(STREAMING, LEAST_STREAMING, "-websocket-exec", "-websocket-attach", "-websocket-portforward");
    }

    private static List<DynamicTest> tests(String focus, int leastPassed, String... flags) throws Exception {
        assumeTrue(Toolbox.find("critest").isPresent(), "needs critest: ./dev test builds it");
        List<Critest.Spec> specs;
        String runtime;
        try (CriRun run = CriRun.start()) {
            runtime = run.runtime().name();
            specs = new Critest(run.runtime()).run(focus, flags);
        }
        Map<String, String> known = runtime.equals("gantry") ? knownFailures() : Map.of();
        List<DynamicTest> tests = new ArrayList<>();
        long passed =
                specs.stream().filter(spec -> spec.state().equals("passed")).count();
        if (leastPassed > 0) {
            tests.add(dynamicTest(
                    "at least " + leastPassed + " specs pass",
                    () -> assertThat(passed).isGreaterThanOrEqualTo(leastPassed)));
        }
        for (Critest.Spec spec : specs) {
            tests.add(dynamicTest(spec.name(), () -> judge(spec, known)));
        }
        return tests;
    }

    private static void judge(Critest.Spec spec, Map<String, String> known) {
        boolean expectedToFail = known.containsKey(spec.name());
        switch (spec.state()) {
            case "passed" ->
                assertThat(expectedToFail)
                        .as("it passes now: take it out of critest-known-failures.txt")
                        .isFalse();
            case "skipped" -> Assumptions.abort("critest skipped it: " + spec.message());
            default -> {
                if (expectedToFail) {
                    Assumptions.abort("known failure: " + known.get(spec.name()));
                }
                throw new AssertionError(spec.message());
            }
        }
    }

    private static Map<String, String> knownFailures() throws IOException {
        Map<String, String> known = new LinkedHashMap<>();
        try (var stream = CritestIT.class.getResourceAsStream("/critest-known-failures.txt")) {
            assertThat(stream).isNotNull();
            for (String line : new String(stream.readAllBytes(), StandardCharsets.UTF_8)
                    .lines()
                    .toList()) {
                int hash = line.indexOf('#');
                String name = (hash < 0 ? line : line.substring(0, hash)).strip();
                if (!name.isEmpty()) {
                    known.put(
                            name,
                            hash < 0
                                    ? "no reason given"
                                    : line.substring(hash + 1).strip());
                }
            }
        }
        return known;
    }
}
