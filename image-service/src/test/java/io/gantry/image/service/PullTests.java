package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.gantry.image.extract.ExtractionLimits;
import io.gantry.image.progress.LayerProgress;
import io.gantry.image.progress.PullProgress;
import io.gantry.image.reference.Digest;
import io.gantry.image.spec.Descriptor;
import io.gantry.image.spec.MediaTypes;
import io.gantry.image.testing.Compressed;
import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.Privileges;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PullTests {
    private ServiceFixture fixture;

    @BeforeEach
    void setUp() {
        Privileges.assumeRoot();
        fixture = new ServiceFixture();
    }

    @AfterEach
    void tearDown() {
        if (fixture != null) {
            fixture.close();
        }
    }

    private static byte[] tar(String name, String content) {
        return new TarBuilder().file(name, content).build();
    }

    private PullResult pull(String name) throws InterruptedException {
        return fixture.service.pull(PullRequest.of(name));
    }

    /** The first caller's progress is the one that is fed: who comes after it has given up must see it too. */
    @Test
    void whoJoinsAPullThatItsFirstCallerLeftSeesHowFarItIs() throws Exception {
        TestImage image =
                TestImage.oci().plainLayer(tar("a", "x".repeat(10_000))).build();
        fixture.registry.put("r.io/app:1", image);
        CountDownLatch pulling = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        fixture.registry.gate(image.layers().getFirst().digest(), position -> {
            if (position > 0) {
                pulling.countDown();
                goOn.await();
            }
        });
        List<CompletableFuture<PullProgress>> seen = new ArrayList<>();
        List<Thread> callers = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            CompletableFuture<PullProgress> progress = new CompletableFuture<>();
            seen.add(progress);
            callers.add(Thread.ofVirtual().unstarted(() -> {
                try {
                    fixture.service.pull(PullRequest.of("r.io/app:1"), progress::complete);
                } catch (InterruptedException _) {
                    // gave up
                }
            }));
        }
        callers.get(0).start();
        pulling.await();
        callers.get(1).start();
        seen.get(1).get();
        callers.get(0).interrupt();
        callers.get(0).join();
        callers.get(2).start();

        assertThat(seen.get(2).get()).isSameAs(seen.get(1).get());
        goOn.countDown();
        callers.get(2).join();
        assertThat(seen.get(2).get().layers())
                .extracting(LayerProgress::state)
                .containsExactly(LayerProgress.State.RECEIVED);
        callers.get(1).join();
    }

    private GantryException refused(String name) {
        GantryException error = catchThrowableOfType(GantryException.class, () -> pull(name));
        assertThat(error).as("pull of %s", name).isNotNull();
        assertThat(fixture.service.list(null)).isEmpty();
        assertThat(fixture.names("layers")).noneMatch(layer -> layer.startsWith("."));
        assertThat(fixture.names("images")).isEmpty();
        return error;
    }

    @Test
    void everyFormatOfManifestAndLayer() throws Exception {
        for (TestImage.Flavor flavor : TestImage.Flavor.values()) {
            TestImage image = new TestImage(flavor)
                    .gzipLayer(tar("gzip" + flavor, "1"))
                    .zstdLayer(tar("zstd" + flavor, "2"))
                    .plainLayer(tar("plain" + flavor, "3"))
                    // Zstandard under the media type of gzip: the bytes decide.
                    .layer(
                            tar("sniffed" + flavor, "4"),
                            Compressed.zstd(tar("sniffed" + flavor, "4")),
                            MediaTypes.OCI_LAYER_GZIP)
                    .build();
            fixture.registry.put("r.io/app:" + flavor.name().toLowerCase(java.util.Locale.ROOT), image);

            PullResult result = pull("r.io/app:" + flavor.name().toLowerCase(java.util.Locale.ROOT));

            assertThat(result.id()).isEqualTo(image.id());
            assertThat(result.image().layers())
                    .isEqualTo(image.diffIds().stream().map(Digest::toString).toList());
            assertThat(result.image().size()).isGreaterThan(4 * 4096);
        }
        assertThat(fixture.names("layers")).hasSize(8).noneMatch(name -> name.startsWith("."));
    }

    @Test
    void namesOfPullsByTagAndDigest() throws Exception {
        TestImage image =
                TestImage.oci().gzipLayer(tar("a", "1")).user("1003:1004").build();
        fixture.registry.put("busybox:1.36", image);
        Digest digest = image.top().digest();

        PullResult byTag = pull("busybox:1.36");
        assertThat(byTag.image().repoTags()).containsExactly("docker.io/library/busybox:1.36");
        assertThat(byTag.image().repoDigests()).containsExactly("docker.io/library/busybox@" + digest);
        assertThat(byTag.image().uid()).isEqualTo(1003L);
        assertThat(byTag.image().username()).isEmpty();
        assertThat(byTag.image().config().env()).containsExactly("A=b");

        fixture.service.remove("busybox:1.36");
        for (String name : List.of("busybox@" + digest, "busybox:9.9@" + digest)) {
            PullResult byDigest = pull(name);
            assertThat(byDigest.id()).isEqualTo(image.id());
            assertThat(byDigest.image().repoTags()).isEmpty();
            assertThat(byDigest.image().repoDigests()).containsExactly("docker.io/library/busybox@" + digest);
            assertThat(fixture.service.find(name)).isPresent();
        }
    }

    @Test
    void theManifestOfThisPlatformIsChosenThroughNestedIndexes() throws Exception {
        TestImage amd = TestImage.oci().gzipLayer(tar("a", "amd")).build();
        TestImage arm =
                TestImage.oci().gzipLayer(tar("a", "arm")).architecture("arm64").build();
        TestImage index = TestImage.index(TestImage.Flavor.DOCKER, arm, amd);
        TestImage outer = TestImage.index(TestImage.Flavor.OCI, index).architecture("amd64");
        fixture.registry.put("r.io/multi:1", index);
        fixture.registry.put("r.io/nested:1", outer);

        PullResult result = pull("r.io/multi:1");
        assertThat(result.id()).isEqualTo(amd.id());
        assertThat(result.image().repoDigests())
                .containsExactly("r.io/multi@" + index.top().digest());
        assertThat(pull("r.io/nested:1").id()).isEqualTo(amd.id());
        assertThat(fixture.registry.opened(arm.layers().getFirst().digest())).isZero();
    }

    @Test
    void anImageWithoutThisPlatformIsNotFoundAndSaysWhatThereIs() {
        TestImage arm =
                TestImage.oci().gzipLayer(tar("a", "1")).architecture("arm64").build();
        TestImage s390 =
                TestImage.oci().gzipLayer(tar("a", "2")).architecture("s390x").build();
        fixture.registry.put("r.io/index:1", TestImage.index(TestImage.Flavor.OCI, arm, s390));
        fixture.registry.put("r.io/single:1", arm);

        GantryException index = refused("r.io/index:1");
        assertThat(index.kind()).isEqualTo(ErrorKind.NOT_FOUND);
        assertThat(index)
                .hasMessage("pull image r.io/index:1: the image has no manifest for linux/amd64, only for linux/arm64, "
                        + "linux/s390x; use an image that is built for linux/amd64");
        GantryException single = refused("r.io/single:1");
        assertThat(single.kind()).isEqualTo(ErrorKind.NOT_FOUND);
        assertThat(single).hasMessageContaining("no manifest for linux/amd64, only for linux/arm64");
    }

    @Test
    void indexesThatLoopOrNestTooDeepAreRefused() {
        Descriptor self =
                Descriptor.of(MediaTypes.OCI_INDEX, Digest.ofSha256("x".getBytes(StandardCharsets.UTF_8)), 10);
        TestImage loop = TestImage.oci().indexDocument(TestImage.json(self));
        TestImage chain = TestImage.oci().gzipLayer(tar("a", "1")).build();
        for (int i = 0; i < 7; i++) {
            chain = TestImage.index(TestImage.Flavor.OCI, chain);
        }
        // An index cannot hold its own digest, so the loop is one of repetition.
        TestImage leaf = TestImage.oci().indexDocument("");
        TestImage twice = TestImage.index(TestImage.Flavor.OCI, leaf, leaf);
        fixture.registry.put("r.io/dangling:1", loop);
        fixture.registry.put("r.io/deep:1", chain);
        fixture.registry.put("r.io/twice:1", twice);

        assertThat(refused("r.io/dangling:1").kind()).isEqualTo(ErrorKind.NOT_FOUND);
        assertThat(refused("r.io/deep:1")).hasMessageContaining("nested too deep");
        assertThat(refused("r.io/twice:1")).hasMessageContaining("go in circles");
    }

    @Test
    void documentsThatContradictEachOtherAreRefused() {
        fixture.registry.put(
                "r.io/count:1",
                TestImage.oci()
                        .gzipLayer(tar("a", "1"))
                        .build()
                        .editManifest(text -> text.replaceAll("\"layers\":.*", "\"layers\":[]}")));
        fixture.registry.put(
                "r.io/encrypted:1",
                TestImage.oci()
                        .layer(tar("a", "1"), tar("a", "1"), MediaTypes.OCI_LAYER_GZIP + "+encrypted")
                        .build());

        assertThat(refused("r.io/count:1"))
                .hasMessage("pull image r.io/count:1: its manifest has 0 layers, its config 1");
        assertThat(refused("r.io/encrypted:1").kind()).isEqualTo(ErrorKind.UNIMPLEMENTED);
        assertThat(refused("r.io/none:1").kind()).isEqualTo(ErrorKind.NOT_FOUND);
        assertThat(refused("NOT//a name").kind()).isEqualTo(ErrorKind.INVALID_ARGUMENT);
    }

    @Test
    void layersThatAreNotWhatTheyMustBeAreRefused() {
        byte[] good = tar("a", "1");
        TestImage wrongDiffId =
                TestImage.oci().gzipLayer(good).withWrongDiffId().build();
        TestImage garbage = TestImage.oci()
                .layer(good, "no tar at all".repeat(100).getBytes(StandardCharsets.UTF_8), MediaTypes.OCI_LAYER_GZIP)
                .build();
        byte[] cut = java.util.Arrays.copyOf(Compressed.gzip(good), 50);
        TestImage truncated =
                TestImage.oci().layer(good, cut, MediaTypes.OCI_LAYER_GZIP).build();
        byte[] bomb = new TarBuilder().file("zeros", new byte[20 << 20]).build();
        TestImage large = TestImage.oci().gzipLayer(bomb).build();
        fixture.registry.put("r.io/diffid:1", wrongDiffId);
        fixture.registry.put("r.io/garbage:1", garbage);
        fixture.registry.put("r.io/truncated:1", truncated);
        fixture.registry.put("r.io/bomb:1", large);

        GantryException diffId = refused("r.io/diffid:1");
        assertThat(diffId.kind()).isEqualTo(ErrorKind.DATA_LOSS);
        assertThat(diffId)
                .hasMessageContaining(
                        "pull layer " + wrongDiffId.layers().getFirst().digest() + " of r.io/diffid:1")
                .hasMessageContaining("diffID " + Digest.ofSha256(good));
        assertThat(refused("r.io/garbage:1")).hasMessageContaining("not a tar header");
        assertThat(refused("r.io/truncated:1")).hasMessageContaining("gzip stream ends too early");
        fixture.config = fixture.config(new ExtractionLimits(10 << 20, 100), List.of(), 2);
        fixture.restart();
        GantryException exhausted = refused("r.io/bomb:1");
        assertThat(exhausted.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED);
        assertThat(exhausted).hasMessageContaining("unpacks to more than 10485760 bytes");
    }

    @Test
    void aRegistryThatServesOtherBytesIsNamedAsTheCulprit() throws Exception {
        TestImage image = TestImage.oci().gzipLayer(tar("a", "1".repeat(5000))).build();
        fixture.registry.put("r.io/app:1", image);
        Digest blob = image.layers().getFirst().digest();
        byte[] original = java.util.Objects.requireNonNull(image.blobs().get(blob));
        byte[] damaged = original.clone();
        damaged[20] ^= 1;

        for (byte[] served : List.of(
                damaged,
                Compressed.gzip(tar("a", "other")),
                new byte[0],
                java.util.Arrays.copyOf(original, original.length - 5),
                Compressed.join(original, new byte[] {0}))) {
            fixture.registry.corrupt(blob, served);
            GantryException error = refused("r.io/app:1");
            assertThat(error.kind()).isEqualTo(ErrorKind.DATA_LOSS);
            assertThat(error).hasMessageContaining("wrong digest served");
        }
        fixture.registry.heal(blob);
        assertThat(pull("r.io/app:1").id()).isEqualTo(image.id());
    }

    @Test
    void finishedLayersSurviveAFailedPullAndARestart() throws Exception {
        byte[] second = tar("b", "2".repeat(9000));
        TestImage image =
                TestImage.oci().gzipLayer(tar("a", "1")).gzipLayer(second).build();
        fixture.registry.put("r.io/app:1", image);
        Digest good = image.layers().get(0).digest();
        Digest bad = image.layers().get(1).digest();
        fixture.registry.corrupt(bad, new byte[10]);
        CountDownLatch stored = new CountDownLatch(1);
        fixture.registry.gate(bad, _ -> {
            while (fixture.names("layers").stream().allMatch(name -> name.startsWith("."))) {
                Thread.sleep(5);
            }
            stored.countDown();
        });

        refused("r.io/app:1");
        assertThat(stored.getCount()).isZero();
        fixture.restart();
        fixture.registry.heal(bad);
        pull("r.io/app:1");

        assertThat(fixture.registry.opened(good)).isEqualTo(1);
        assertThat(fixture.registry.opened(bad)).isEqualTo(2);
    }

    @Test
    void sameRequestsShareOnePullAndSharedLayersAreFetchedOnce() throws Exception {
        byte[] shared = tar("shared", "x".repeat(3000));
        TestImage one = TestImage.oci().gzipLayer(shared).label("1").build();
        TestImage two =
                TestImage.oci().gzipLayer(shared).gzipLayer(tar("own", "y")).build();
        fixture.registry.put("r.io/one:1", one);
        fixture.registry.put("r.io/two:1", two);
        Digest blob = one.layers().getFirst().digest();
        CountDownLatch allAsked = new CountDownLatch(1);
        fixture.registry.gate(blob, _ -> allAsked.await());

        List<CompletableFuture<PullResult>> pulls = new ArrayList<>();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            CompletableFuture<PullResult> result = new CompletableFuture<>();
            String name = i % 2 == 0 ? "r.io/one:1" : "r.io/two:1";
            pulls.add(result);
            threads.add(Thread.ofVirtual().start(() -> {
                try {
                    result.complete(pull(name));
                } catch (Throwable e) {
                    result.completeExceptionally(e);
                }
            }));
        }
        while (threads.stream().anyMatch(thread -> thread.getState() != Thread.State.WAITING)
                || fixture.registry.resolves() < 2) {
            Thread.sleep(5);
        }
        allAsked.countDown();
        for (int i = 0; i < 10; i++) {
            assertThat(pulls.get(i).get(60, TimeUnit.SECONDS).id()).isEqualTo(i % 2 == 0 ? one.id() : two.id());
        }
        assertThat(fixture.registry.resolves()).isEqualTo(2);
        assertThat(fixture.registry.opened(blob)).isEqualTo(1);
    }

    @Test
    void whoeverLeavesDoesNotStopTheOthersAndTheLastOneStopsTheWork() throws Exception {
        TestImage image = TestImage.oci().gzipLayer(tar("a", "1".repeat(5000))).build();
        fixture.registry.put("r.io/app:1", image);
        CountDownLatch reading = new CountDownLatch(1);
        fixture.registry.gate(image.layers().getFirst().digest(), _ -> {
            reading.countDown();
            Thread.sleep(60_000);
        });
        List<CompletableFuture<Throwable>> ends = List.of(new CompletableFuture<>(), new CompletableFuture<>());
        List<Thread> callers = new ArrayList<>();
        for (CompletableFuture<Throwable> end : ends) {
            callers.add(Thread.ofVirtual().start(() -> {
                try {
                    pull("r.io/app:1");
                    end.complete(new AssertionError("pulled"));
                } catch (Throwable e) {
                    end.complete(e);
                }
            }));
        }
        reading.await();
        while (callers.stream().anyMatch(thread -> thread.getState() != Thread.State.WAITING)) {
            Thread.sleep(5);
        }

        callers.get(0).interrupt();
        assertThat(ends.get(0).get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        assertThat(fixture.names("layers")).hasSize(1);
        assertThat(ends.get(1)).isNotDone();

        callers.get(1).interrupt();
        assertThat(ends.get(1).get(30, TimeUnit.SECONDS)).isInstanceOf(InterruptedException.class);
        assertThat(fixture.names("layers")).isEmpty();
        assertThat(fixture.service.list(null)).isEmpty();

        fixture.registry.heal(image.layers().getFirst().digest());
        assertThat(pull("r.io/app:1").id()).isEqualTo(image.id());
    }

    @Test
    void aLayerThatAnotherPullGotWrongIsTriedAgain() throws Exception {
        byte[] layer = tar("a", "1".repeat(5000));
        TestImage bad = TestImage.oci()
                .layer(layer, Compressed.gzip(tar("b", "lie")), MediaTypes.OCI_LAYER_GZIP)
                .build();
        TestImage good = TestImage.oci().gzipLayer(layer).label("good").build();
        fixture.registry.put("r.io/bad:1", bad);
        fixture.registry.put("r.io/good:1", good);

        refused("r.io/bad:1");
        assertThat(pull("r.io/good:1").id()).isEqualTo(good.id());
    }

    @Test
    void anImageWithTheSameLayerTwiceAndOneWithoutLayers() throws Exception {
        byte[] empty = new TarBuilder().build();
        TestImage twice = TestImage.oci()
                .gzipLayer(empty)
                .gzipLayer(tar("a", "1"))
                .gzipLayer(empty)
                .build();
        fixture.registry.put("r.io/twice:1", twice);
        fixture.registry.put("r.io/none:1", TestImage.docker().build());

        assertThat(pull("r.io/twice:1").image().layers()).hasSize(3);
        PullResult none = pull("r.io/none:1");
        assertThat(none.image().layers()).isEmpty();
        assertThat(none.image().size()).isPositive();
    }
}
