package io.gantry.image.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.gantry.image.testing.TarBuilder;
import io.gantry.image.testing.TestImage;
import io.gantry.platform.error.ErrorKind;
import io.gantry.platform.error.GantryException;
import io.gantry.platform.testing.Privileges;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(180)
class GarbageCollectionTests {
    private ServiceFixture fixture;

    @BeforeEach
    void setUp() {
        Privileges.assumeOverlay();
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

    /** Three images over two shared layers, pulled, mounted, removed and swept by several threads at random. */
    @Test
    void removalNeverTakesALayerThatAPullOrAMountNeeds() throws Exception {
        byte[] base = tar("base", "base");
        byte[] middle = tar("middle", "middle");
        for (int i = 0; i < 3; i++) {
            fixture.registry.put(
                    "r.io/app:" + i,
                    TestImage.oci()
                            .gzipLayer(base)
                            .gzipLayer(middle)
                            .gzipLayer(tar("own", "own" + i))
                            .build());
        }
        ConcurrentLinkedQueue<Throwable> failures = new ConcurrentLinkedQueue<>();
        AtomicInteger mounts = new AtomicInteger();
        List<Thread> threads = new ArrayList<>();
        for (int t = 0; t < 6; t++) {
            int seed = t;
            threads.add(Thread.ofVirtual().start(() -> {
                Random random = new Random(seed);
                try {
                    for (int round = 0; round < 25; round++) {
                        work(random, "k" + seed + "-" + round, mounts);
                    }
                } catch (Throwable e) {
                    failures.add(e);
                }
            }));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(failures).isEmpty();
        assertThat(mounts.get()).isPositive();
        for (int i = 0; i < 3; i++) {
            fixture.service.remove("r.io/app:" + i);
        }
        assertThat(fixture.names("snapshots")).isEmpty();
        assertThat(fixture.names("layers")).isEmpty();
    }

    private void work(Random random, String key, AtomicInteger mounts) throws Exception {
        int number = random.nextInt(3);
        String name = "r.io/app:" + number;
        switch (random.nextInt(4)) {
            case 0 -> fixture.service.remove(name);
            case 1 -> fixture.service.collectGarbage(Duration.ZERO);
            default -> {
                Image image = fixture.service.pull(PullRequest.of(name)).image();
                Path target = fixture.mountPoint(key);
                try {
                    fixture.service.prepareRootfs(key, image.id(), target, RootfsOptions.WRITABLE);
                } catch (GantryException e) {
                    // Removed by another thread in between.
                    assertThat(e.kind()).as(e.getMessage()).isEqualTo(ErrorKind.NOT_FOUND);
                    return;
                }
                mounts.incrementAndGet();
                assertThat(target.resolve("base")).hasContent("base");
                assertThat(target.resolve("middle")).hasContent("middle");
                assertThat(target.resolve("own")).hasContent("own" + number);
                fixture.service.removeRootfs(key, target);
            }
        }
    }

    @Test
    void layersOfAFailedPullGoWhenTheirTimeIsUp() throws Exception {
        TestImage image = TestImage.oci()
                .gzipLayer(tar("a", "1"))
                .gzipLayer(tar("b", "2"))
                .build();
        fixture.registry.put("r.io/app:1", image);
        fixture.registry.corrupt(image.layers().get(1).digest(), new byte[10]);
        fixture.registry.gate(image.layers().get(1).digest(), _ -> {
            while (fixture.names("layers").stream().allMatch(name -> name.startsWith("."))) {
                Thread.sleep(5);
            }
        });
        assertThatThrownBy(() -> fixture.service.pull(PullRequest.of("r.io/app:1")))
                .isInstanceOf(GantryException.class);
        assertThat(fixture.names("layers")).hasSize(1);
        assertThat(fixture.service.collectGarbage(Duration.ofHours(1))).isZero();
        assertThat(fixture.service.collectGarbage(Duration.ZERO)).isEqualTo(1);
        assertThat(fixture.names("layers")).isEmpty();
    }

    @Test
    void aFullDiskIsNamedAndEverythingIsGivenBack() throws Exception {
        fixture.service.close();
        fixture.mounts.tmpfs(fixture.root, "size=2m");
        fixture.service = fixture.open();
        fixture.registry.put(
                "r.io/large:1",
                TestImage.oci()
                        .gzipLayer(new TarBuilder().file("f", new byte[8 << 20]).build())
                        .build());

        assertThatThrownBy(() -> fixture.service.pull(PullRequest.of("r.io/large:1")))
                .isInstanceOfSatisfying(GantryException.class, e -> {
                    assertThat(e.kind()).isEqualTo(ErrorKind.RESOURCE_EXHAUSTED);
                    assertThat(e).hasMessageContaining("no space left on device");
                });
        assertThat(fixture.names("layers")).isEmpty();
        fixture.registry.put(
                "r.io/small:1", TestImage.oci().gzipLayer(tar("a", "1")).build());
        assertThat(fixture.service.pull(PullRequest.of("r.io/small:1")).image().layers())
                .hasSize(1);
    }
}
