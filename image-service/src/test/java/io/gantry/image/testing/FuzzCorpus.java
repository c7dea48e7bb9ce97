package io.gantry.image.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The inputs that fuzzing begins with, where jazzer looks for them too: {@code <class>Inputs/<method>/} beside the class.
 * A failure that jazzer finds is kept as one more file there.
 */
public final class FuzzCorpus {
    /** How many damaged inputs each target gets in the test suite; more by {@code -Dgantry.fuzz.rounds=N}. */
    private static final int ROUNDS = Integer.getInteger("gantry.fuzz.rounds", 1000);

    private FuzzCorpus() {}

    /** What is done with one input; it throws what is a defect. */
    @FunctionalInterface
    public interface Target {
        void run(byte[] input) throws Exception;
    }

    /** Gives a target each seed and then many damaged ones, always the same. */
    public static void run(Class<?> test, String method, Target target) throws Exception {
        List<byte[]> seeds = seeds(test, method);
        for (byte[] seed : seeds) {
            target.run(seed);
        }
        Mutator mutator = new Mutator(method.hashCode(), seeds);
        for (int round = 0; round < ROUNDS; round++) {
            byte[] input = mutator.next();
            try {
                target.run(input);
            } catch (Exception | Error e) {
                Path kept = Files.write(Files.createTempFile("gantry-fuzz-" + method + "-", ".input"), input);
                throw new AssertionError("input of round " + round + " fails, kept in " + kept, e);
            }
        }
    }

    private static List<byte[]> seeds(Class<?> test, String method) {
        URL directory = Objects.requireNonNull(
                test.getResource(test.getSimpleName() + "Inputs/" + method), "no seeds for " + method);
        List<byte[]> seeds = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of(directory.toURI()))) {
            for (Path file : files.sorted().toList()) {
                seeds.add(Files.readAllBytes(file));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
        return seeds;
    }
}
