package io.gantry.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.gantry.e2e.faults.FaultImage;
import io.gantry.e2e.faults.RegistryDouble;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Pulls that are cancelled, killed, joined and told apart. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PullResumeIT {
    private static final int MIB = 1 << 20;

    @BeforeAll
    static void onlyGantry() {
        assumeTrue(
                System.getProperty("gantry.e2e.runtime", "gantry").equals("gantry"),
                "looks into Gantry's own directories");
    }

    @Test
    void aCancelledPullLeavesWholeLayersAndNothingElse() throws Exception {
        try (PullBed bed = PullBed.start("")) {
            FaultImage image = FaultImage.of(1, MIB, 2 * MIB);
            String reference = bed.serve("cancelled", image);
            String whole = image.layers().getFirst();
            String half = image.layers().getLast();
            bed.registry.blob("cancelled", half, answer -> answer.silentAfter(MIB));

            Process pull = bed.pullInBackground(reference);
            PullBed.await(
                    "the first layer is not stored", () -> bed.completeLayers().size() == 1);
            PullBed.await(
                    "the second layer is not asked for",
                    () -> !bed.registry.requests(half).isEmpty());
            pull.destroy();
            pull.waitFor();
            bed.assertQuiet();
            bed.assertNoConnectionsTo(bed.registry);
            assertThat(bed.images()).isEmpty();

            bed.registry.heal();
            bed.pull(reference);
            assertThat(bed.registry.requests(whole)).hasSize(1);
            assertThat(bed.registry.requests(half)).hasSize(2);
            bed.assertQuiet();
        }
    }

    @Test
    void aKilledDaemonKeepsWholeLayers() throws Exception {
        try (PullBed bed = PullBed.start("")) {
            FaultImage image = FaultImage.of(1, MIB, 2 * MIB);
            String reference = bed.serve("killed", image);
            String whole = image.layers().getFirst();
            String half = image.layers().getLast();
            bed.registry.blob("killed", half, answer -> answer.silentAfter(MIB));

            Process pull = bed.pullInBackground(reference);
            PullBed.await(
                    "the first layer is not stored", () -> bed.completeLayers().size() == 1);
            PullBed.await(
                    "the second layer is not asked for",
                    () -> !bed.registry.requests(half).isEmpty());
            bed.run.runtime().kill();
            pull.waitFor();
            bed.registry.heal();
            bed.run.runtime().start();
            assertThat(bed.images()).isEmpty();

            bed.pull(reference);
            assertThat(bed.registry.requests(whole)).hasSize(1);
            assertThat(bed.registry.requests(half))
                    .extracting(RegistryDouble.Request::range)
                    .containsExactly("", "");
            assertThat(bed.images()).hasSize(1);
            bed.assertQuiet();
        }
    }

    @Test
    void withASpoolACancelledPullAndAKilledDaemonGoOnInTheMiddleOfALayer() throws Exception {
        try (PullBed bed = PullBed.start("spool = true")) {
            FaultImage image = FaultImage.of(1, 24 * MIB);
            String reference = bed.serve("spooled", image);
            bed.registry.blob("spooled", image.layer(), answer -> answer.silentAfter(17 * MIB));
            Process cancelled = bed.pullInBackground(reference);
            PullBed.await("the layer is not spooled", () -> spooled(bed) == 17L * MIB);
            cancelled.destroy();
            cancelled.waitFor();
            bed.assertQuiet();

            bed.registry.blob("spooled", image.layer(), answer -> answer.silentAfter(18 * MIB));
            Process pull = bed.pullInBackground(reference);
            PullBed.await("the layer is not spooled", () -> spooled(bed) == 18L * MIB);
            bed.run.runtime().kill();
            pull.waitFor();
            bed.registry.heal();
            bed.run.runtime().start();

            bed.pull(reference);
            assertThat(bed.registry.requests(image.layer()))
                    .extracting(RegistryDouble.Request::range)
                    .containsExactly("", "bytes=" + 17 * MIB + "-", "bytes=" + 18 * MIB + "-");
            assertThat(spooled(bed)).isZero();
            bed.assertQuiet();
        }
    }

    private static long spooled(PullBed bed) throws java.io.IOException {
        java.nio.file.Path spool = bed.run.runtime().node().root().resolve("spool");
        if (!java.nio.file.Files.isDirectory(spool)) {
            return 0;
        }
        long bytes = 0;
        try (var files = java.nio.file.Files.list(spool)) {
            for (java.nio.file.Path file : files.toList()) {
                bytes += java.nio.file.Files.size(file);
            }
        }
        return bytes;
    }

    @Test
    void pullsJoinAndSharedLayersComeOnce() throws Exception {
        try (PullBed bed = PullBed.start("")) {
            FaultImage one = FaultImage.of(1, 2 * MIB);
            FaultImage two = FaultImage.of(1, 2 * MIB, MIB);
            String first = bed.serve("one", one);
            String second = bed.serve("two", two);
            CountDownLatch allAsked = new CountDownLatch(1);
            for (String repository : List.of("one", "two")) {
                bed.registry.blob(repository, one.layer(), answer -> {
                    allAsked.await();
                    answer.right();
                });
            }
            List<Process> pulls = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                pulls.add(bed.pullInBackground(first));
                pulls.add(bed.pullInBackground(second));
            }
            PullBed.await(
                    "both images are not resolved",
                    () -> bed.registry.requests("/manifests/").size() == 2
                            && !bed.registry.requests(one.layer()).isEmpty()
                            && !bed.registry.requests(two.layers().getLast()).isEmpty());
            // The first to ask and the last must find the layer still under way, so the gate opens late.
            Thread.sleep(1000);
            allAsked.countDown();
            for (Process pull : pulls) {
                assertThat(pull.waitFor()).isZero();
            }
            assertThat(bed.registry.requests(one.layer())).hasSize(1);
            assertThat(bed.images()).hasSize(2);
            bed.assertQuiet();
        }
    }

    @Test
    void credentialsAreCheckedForEachCallerAndTheLastOneToLeaveEndsTheWork() throws Exception {
        try (PullBed bed = PullBed.start("")) {
            FaultImage image = FaultImage.of(1, 2 * MIB);
            String reference = bed.serve("private", image);
            bed.registry.manifest("private", answer -> {
                if (answer.header("Authorization").equals("Basic dXNlcjpzZWNyZXQ=")) {
                    answer.right();
                } else {
                    answer.with("WWW-Authenticate", "Basic realm=\"test\"").status(401);
                }
            });
            bed.registry.blob("private", image.layer(), answer -> answer.silentAfter(MIB));

            Process one = bed.pullInBackground(reference, "--creds", "user:secret");
            PullBed.await(
                    "the layer is not asked for",
                    () -> !bed.registry.requests(image.layer()).isEmpty());
            Process two = bed.pullInBackground(reference, "--creds", "user:secret");
            assertThat(bed.refused(reference, image, "--creds", "user:guess").code())
                    .isEqualTo("Unauthenticated");
            assertThat(bed.refused(reference, image).code()).isEqualTo("Unauthenticated");

            one.destroy();
            one.waitFor();
            Thread.sleep(500);
            assertThat(two.isAlive()).isTrue();
            assertThat(bed.registry.requests(image.layer())).hasSize(1);
            two.destroy();
            two.waitFor();
            bed.assertQuiet();
            assertThat(bed.images()).isEmpty();

            bed.registry.blob("private", image.layer(), answer -> answer.right());
            bed.pull(reference, "--creds", "user:secret");
            assertThat(bed.refused(reference, image, "--creds", "user:guess").code())
                    .isEqualTo("Unauthenticated");
        }
    }
}
