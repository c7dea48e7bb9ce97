package io.gantry.e2e.bench;

import io.gantry.e2e.bench.images.PullImage;
import io.gantry.e2e.images.LocalRegistry;
import io.gantry.e2e.runtime.RuntimeUnderTest;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * The same images pulled by Gantry and by containerd, in turn, from one registry on loopback. Before each pull the image
 * is removed, the store is back at the space it had when empty, and dirty pages are on the disk; the registry's files are
 * in the page cache for both.
 */
public final class Pull {
    private Pull() {}

    /**
     * Arguments: the images' storage directory, the file for the JSON result, then any of {@code --rounds N},
     * {@code --many} (sixteen images at once), {@code --only TAG}, and names of runtimes (gantry gantry-spool containerd).
     */
    public static void main(String[] args) throws IOException, InterruptedException {
        Locale.setDefault(Locale.ROOT);
        int rounds = 3;
        boolean many = false;
        String only = "";
        List<String> names = new ArrayList<>();
        List<String> words = new ArrayList<>(Arrays.asList(args).subList(2, args.length));
        while (!words.isEmpty()) {
            String word = words.removeFirst();
            switch (word) {
                case "--rounds" -> rounds = Integer.parseInt(words.removeFirst());
                case "--only" -> only = words.removeFirst();
                case "--many" -> many = true;
                default -> names.add(word);
            }
        }
        if (names.isEmpty()) {
            names.addAll(List.of("gantry", "containerd"));
        }
        List<List<PullImage>> work = new ArrayList<>();
        if (many) {
            work.add(PullImage.many());
        } else {
            String wanted = only;
            PullImage.single().stream()
                    .filter(image -> wanted.isEmpty() || image.tag().equals(wanted))
                    .forEach(image -> work.add(List.of(image)));
        }
        Path program = Toolbox.requireImages().resolve("docker-registry");
        PullReport report = new PullReport();
        try (LocalRegistry registry = LocalRegistry.start(program, Path.of(args[0], "storage"), false)) {
            measure(registry, names, work, rounds, report);
        }
        report.write(Path.of(args[1]));
        System.out.print(report.table());
        System.out.println("all rounds: " + args[1]);
    }

    private static void measure(
            LocalRegistry registry, List<String> names, List<List<PullImage>> work, int rounds, PullReport report)
            throws IOException, InterruptedException {
        List<RuntimeUnderTest> started = new ArrayList<>();
        try {
            List<PulledRuntime> runtimes = new ArrayList<>();
            for (String name : names) {
                RuntimeUnderTest runtime = RuntimeUnderTest.create(name, registry.address());
                started.add(runtime);
                runtime.start();
                runtimes.add(new PulledRuntime(runtime));
            }
            for (List<PullImage> images : work) {
                String what = images.size() == 1 ? images.getFirst().title() : images.size() + " images at once";
                List<List<PullFigures>> figures = new ArrayList<>();
                runtimes.forEach(_ -> figures.add(new ArrayList<>()));
                // The first pulls warm the registry's files up, and stand apart in the report.
                for (int round = 0; round <= rounds; round++) {
                    for (int turn = 0; turn < runtimes.size(); turn++) {
                        int which = round % 2 == 0 ? turn : runtimes.size() - 1 - turn;
                        PulledRuntime runtime = runtimes.get(which);
                        PullFigures measured = runtime.pull(images);
                        runtime.remove(images);
                        figures.get(which).add(measured);
                        System.err.printf(
                                "    %s, %s: %.2f s%s%n",
                                what, runtime.name(), measured.seconds(), round == 0 ? " (not counted)" : "");
                    }
                }
                List<PullReport.Series> series = new ArrayList<>();
                for (int i = 0; i < runtimes.size(); i++) {
                    List<PullFigures> of = figures.get(i);
                    series.add(new PullReport.Series(
                            what, runtimes.get(i).name(), of.getFirst(), of.subList(1, of.size())));
                }
                report.add(series);
            }
        } finally {
            for (RuntimeUnderTest runtime : started.reversed()) {
                runtime.close();
            }
        }
    }
}
