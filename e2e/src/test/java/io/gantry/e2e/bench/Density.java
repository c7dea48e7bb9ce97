package io.gantry.e2e.bench;

import io.gantry.e2e.images.LocalRegistry;
import io.gantry.e2e.process.Command;
import io.gantry.e2e.runtime.RuntimeUnderTest;
import io.gantry.e2e.runtime.Toolbox;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Many pods of one container on Gantry and on containerd, pod by pod in turn, with the same runc, network plugins and
 * registry. Prints medians, ratios and memory; {@code cri-density} makes the calls.
 */
public final class Density {
    private static final String IMAGE = "registry.k8s.io/e2e-test-images/busybox:1.29-2";

    private Density() {}

    /** Arguments: number of pods (60), names of the runtimes (gantry containerd). */
    public static void main(String[] args) throws IOException, InterruptedException {
        int pods = args.length > 0 ? Integer.parseInt(args[0]) : 60;
        List<String> names = args.length > 1 ? List.of(args).subList(1, args.length) : List.of("gantry", "containerd");
        Path images = Toolbox.requireImages();
        try (LocalRegistry registry =
                LocalRegistry.start(images.resolve("docker-registry"), images.resolve("storage"), false)) {
            List<RuntimeUnderTest> runtimes = new ArrayList<>();
            try {
                for (String name : names) {
                    RuntimeUnderTest runtime = RuntimeUnderTest.create(name, registry.address());
                    runtimes.add(runtime);
                    runtime.start();
                }
                System.out.print(measure(pods, runtimes));
            } finally {
                for (RuntimeUnderTest runtime : runtimes.reversed()) {
                    runtime.close();
                }
            }
        }
    }

    private static String measure(int pods, List<RuntimeUnderTest> runtimes) throws IOException, InterruptedException {
        List<Object> words = new ArrayList<>(List.of(
                Toolbox.require("cri-density"),
                "-pods",
                pods,
                "-image",
                IMAGE,
                "-logs",
                runtimes.getFirst().node().logs()));
        for (RuntimeUnderTest runtime : runtimes) {
            words.add("%s=%s,%d,%s,%s,%s"
                    .formatted(
                            runtime.name(),
                            runtime.node().socket(),
                            runtime.pid(),
                            runtime.monitorProgram(),
                            runtime.node().state(),
                            runtime.node().cgroup()));
        }
        return Command.of(words.toArray()).within(Duration.ofMinutes(30)).run() + "\n";
    }
}
